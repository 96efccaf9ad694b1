package pvesim

import (
	"fmt"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

func postStart(c *call) (any, error) {
	if err := c.onlyRoot("skiplock", "stateuri", "migratedfrom", "migration_type", "migration_network", "targetstorage", "force-cpu", "nocheck"); err != nil {
		return nil, err
	}
	return c.task("qmstart", itoa(c.vmid), c.startBody(c.node, c.vmid))
}

// startBody is the worker that starts a guest.
func (c *call) startBody(node string, vmid int) func(t *task) {
	return func(t *task) {
		t.lock(vmid, func() {
			g, err := c.guestOn(node, vmid)
			if err == nil {
				err = c.startable(g, t)
			}
			if err != nil {
				t.fail(err.Error())
				return
			}
			t.work(func() {
				c.started(g)
				t.ok()
			})
		})
	}
}

// startable checks what QEMU and its helpers would trip over.
func (c *call) startable(g *guest, t *task) error {
	if err := g.locked("suspended"); err != nil {
		return err
	}
	switch {
	case g.template():
		return refusal.Fault("you can't start a vm if it's a template")
	case g.run != nil:
		return refusal.Fault("VM %d already running", g.vmid)
	}
	if err := c.applyPending(g); err != nil {
		return err
	}
	if g.conf.CloudInitDrive() != "" {
		t.say("generating cloud-init ISO")
	}
	for _, key := range g.conf.Nets() {
		if b := machine.ParseNet(g.conf[key]).Bridge(); b != "" && !slices.Contains(c.Sim.node(g.node).Bridges, b) {
			return refusal.Fault("bridge '%s' does not exist", b)
		}
	}
	for _, key := range g.conf.Drives() {
		d := machine.ParseDrive(g.conf[key])
		if d.Storage() != "" && c.disks.Find(d.File, g.node) == nil {
			return refusal.Fault("volume '%s' does not exist", d.File)
		}
	}
	return nil
}

func (s *Sim) started(g *guest) {
	s.pid++
	delete(g.conf, "lock")
	g.run = &running{since: s.line.Now(), pid: s.pid, state: "running", conf: g.conf.Clone()}
	g.image = g.conf.Clone()
}

func postStop(c *call) (any, error) {
	if err := c.onlyRoot("skiplock", "migratedfrom", "keepActive"); err != nil {
		return nil, err
	}
	if c.flag("overrule-shutdown") {
		for _, t := range c.tasks {
			if t.running() && t.kind == "qmshutdown" && t.ref == itoa(c.vmid) {
				t.stop()
			}
		}
	}
	return c.task("qmstop", itoa(c.vmid), func(t *task) { c.halt(t, c.cfg.Durations.Stop) })
}

// halt ends a guest after d; one that is stopped already is fine, whatever its lock.
func (c *call) halt(t *task, d time.Duration) {
	g, err := c.findGuest()
	if err != nil || g.run == nil {
		t.done(err)
		return
	}
	t.lock(c.vmid, func() {
		if err := g.locked(); err != nil {
			t.fail(err.Error())
			return
		}
		t.after(d, func() {
			c.stopped(g)
			t.ok()
		})
	})
}

// stopped is the end of a guest's process; what was pending is in force from now on.
func (c *call) stopped(g *guest) {
	g.run = nil
	_ = c.applyPending(g)
}

func postShutdown(c *call) (any, error) {
	if err := c.onlyRoot("skiplock", "keepActive"); err != nil {
		return nil, err
	}
	if g := c.guests[c.vmid]; g != nil && g.node == c.node && g.run != nil && g.run.state == "paused" && !c.flag("forceStop") {
		return nil, refusal.Fault("VM is paused - cannot shutdown")
	}
	return c.task("qmshutdown", itoa(c.vmid), func(t *task) {
		g, err := c.findGuest()
		if err == nil && g.run != nil && g.habits.IgnoresACPI && g.run.state == "running" {
			c.deaf(t, g)
			return
		}
		c.halt(t, c.cfg.Durations.Shutdown)
	})
}

// deaf is the shutdown of a guest that does not listen: it holds the lock until its time is up.
func (c *call) deaf(t *task, g *guest) {
	t.lock(c.vmid, func() {
		if err := g.locked(); err != nil {
			t.fail(err.Error())
			return
		}
		t.after(time.Duration(c.num("timeout", 60))*time.Second, func() {
			if !c.flag("forceStop") {
				t.fail("VM quit/powerdown failed - got timeout")
				return
			}
			t.say("VM still running - terminating now with SIGTERM")
			c.stopped(g)
			t.ok()
		})
	})
}

// live finds the call's guest and refuses a stopped one at once.
func (c *call) live() (*guest, error) {
	if err := c.onlyRoot("skiplock", "nocheck"); err != nil {
		return nil, err
	}
	g, err := c.findGuest()
	if err != nil {
		return nil, err
	}
	if g.run == nil {
		return nil, refusal.Fault("VM %d not running", c.vmid)
	}
	return g, nil
}

func postReboot(c *call) (any, error) {
	g, err := c.live()
	if err != nil {
		return nil, err
	}
	if g.run.state == "paused" {
		return nil, refusal.Fault("VM is paused - cannot shutdown")
	}
	return c.task("qmreboot", itoa(c.vmid), func(t *task) {
		if g.habits.IgnoresACPI {
			c.deaf(t, g)
			return
		}
		t.lock(c.vmid, func() {
			t.work(func() {
				c.stopped(g)
				c.startLater(access.Identity{User: access.Root}, g)
				t.ok()
			})
		})
	})
}

// startLater is the start that follows a reboot or a rollback, a task of its own a moment later.
func (c *call) startLater(who access.Identity, g *guest) {
	c.line.After(time.Millisecond, func() {
		c.spawn(who, g.node, "qmstart", itoa(g.vmid), c.startBody(g.node, g.vmid))
	})
}

func postReset(c *call) (any, error) {
	g, err := c.live()
	if err != nil {
		return nil, err
	}
	return c.task("qmreset", itoa(c.vmid), func(t *task) {
		t.lock(c.vmid, func() {
			err := g.locked()
			if err == nil && g.run != nil {
				g.run.since = c.line.Now()
			}
			t.done(err)
		})
	})
}

func postSuspend(c *call) (any, error) {
	g, err := c.live()
	if err != nil {
		return nil, err
	}
	kind := "qmpause"
	if c.flag("todisk") {
		kind = "qmsuspend"
	}
	return c.task(kind, itoa(c.vmid), func(t *task) {
		t.lock(c.vmid, func() {
			err := g.locked("backup")
			switch {
			case err != nil || g.run == nil:
			case kind == "qmpause":
				g.run.state = "paused"
			case g.conf["lock"] == "backup":
				err = refusal.Fault("cannot suspend to disk during backup")
			default:
				g.run = nil
				g.conf["lock"] = "suspended"
			}
			t.done(err)
		})
	})
}

func postResume(c *call) (any, error) {
	g, err := c.findGuest()
	if err != nil {
		return nil, err
	}
	toDisk := g.conf["lock"] == "suspended"
	if g.run == nil && !toDisk {
		return nil, refusal.Fault("VM %d not running", c.vmid)
	}
	return c.task("qmresume", itoa(c.vmid), func(t *task) {
		if toDisk {
			c.startBody(c.node, c.vmid)(t)
			return
		}
		t.lock(c.vmid, func() {
			if g.run != nil {
				g.run.state = "running"
			}
			t.ok()
		})
	})
}

func vmLabel(vmid int) string { return fmt.Sprintf("VM %d", vmid) }
