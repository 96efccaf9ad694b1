package lifecycle

import (
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/settings"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// PostStart starts a guest.
func PostStart(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.OnlyRoot("skiplock", "stateuri", "migratedfrom", "migration_type", "migration_network", "targetstorage", "force-cpu", "nocheck"); err != nil {
		return nil, err
	}
	return c.Task("qmstart", world.Itoa(c.VMID), c.startBody(c.Node, c.VMID))
}

// startBody is the worker that starts a guest.
func (c *call) startBody(node string, vmid int) func(t *world.Task) {
	return func(t *world.Task) {
		t.Lock(vmid, func() {
			g, err := c.GuestOn(node, vmid)
			if err == nil {
				err = c.startable(g, t)
			}
			if err != nil {
				t.Fail(err.Error())
				return
			}
			t.Work(func() {
				c.Started(g)
				t.OK()
			})
		})
	}
}

// startable checks what QEMU and its helpers would trip over.
func (c *call) startable(g *world.Guest, t *world.Task) error {
	if err := g.Locked("suspended"); err != nil {
		return err
	}
	switch {
	case g.Template():
		return refusal.Fault("you can't start a vm if it's a template")
	case g.Run != nil:
		return refusal.Fault("VM %d already running", g.VMID)
	}
	if err := settings.ApplyPending(c.Call, g); err != nil {
		return err
	}
	if g.Conf.CloudInitDrive() != "" {
		t.Say("generating cloud-init ISO")
	}
	for _, key := range g.Conf.Nets() {
		if b := machine.ParseNet(g.Conf[key]).Bridge(); b != "" && !slices.Contains(c.FindNode(g.Node).Bridges, b) {
			return refusal.Fault("bridge '%s' does not exist", b)
		}
	}
	for _, key := range g.Conf.Drives() {
		d := machine.ParseDrive(g.Conf[key])
		if d.Storage() != "" && c.Disks.Find(d.File, g.Node) == nil {
			return refusal.Fault("volume '%s' does not exist", d.File)
		}
	}
	return nil
}

// PostStop ends a guest's process.
func PostStop(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.OnlyRoot("skiplock", "migratedfrom", "keepActive"); err != nil {
		return nil, err
	}
	if c.Flag("overrule-shutdown") {
		for _, t := range c.Tasks {
			if t.Running() && t.Kind == "qmshutdown" && t.Ref == world.Itoa(c.VMID) {
				t.Stop()
			}
		}
	}
	return c.Task("qmstop", world.Itoa(c.VMID), func(t *world.Task) { c.halt(t, c.Cfg.Durations.Stop) })
}

// halt ends a guest after d; one that is stopped already is fine, whatever its lock.
func (c *call) halt(t *world.Task, d time.Duration) {
	g, err := c.FindGuest()
	if err != nil || g.Run == nil {
		t.Done(err)
		return
	}
	t.Lock(c.VMID, func() {
		if err := g.Locked(); err != nil {
			t.Fail(err.Error())
			return
		}
		t.After(d, func() {
			c.stopped(g)
			t.OK()
		})
	})
}

// stopped is the end of a guest's process; what was pending is in force from now on.
func (c *call) stopped(g *world.Guest) {
	g.Run = nil
	_ = settings.ApplyPending(c.Call, g)
}

// PostShutdown asks a guest to power off.
func PostShutdown(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.OnlyRoot("skiplock", "keepActive"); err != nil {
		return nil, err
	}
	if g := c.Guests[c.VMID]; g != nil && g.Node == c.Node && g.Run != nil && g.Run.State == "paused" && !c.Flag("forceStop") {
		return nil, refusal.Fault("VM is paused - cannot shutdown")
	}
	return c.Task("qmshutdown", world.Itoa(c.VMID), func(t *world.Task) {
		g, err := c.FindGuest()
		if err == nil && g.Run != nil && g.Habits.IgnoresACPI && g.Run.State == "running" {
			c.deaf(t, g)
			return
		}
		c.halt(t, c.Cfg.Durations.Shutdown)
	})
}

// deaf is the shutdown of a guest that does not listen: it holds the lock until its time is up.
func (c *call) deaf(t *world.Task, g *world.Guest) {
	t.Lock(c.VMID, func() {
		if err := g.Locked(); err != nil {
			t.Fail(err.Error())
			return
		}
		t.After(time.Duration(c.Num("timeout", 60))*time.Second, func() {
			if !c.Flag("forceStop") {
				t.Fail("VM quit/powerdown failed - got timeout")
				return
			}
			t.Say("VM still running - terminating now with SIGTERM")
			c.stopped(g)
			t.OK()
		})
	})
}

// live finds the call's guest and refuses a stopped one at once.
func (c *call) live() (*world.Guest, error) {
	if err := c.OnlyRoot("skiplock", "nocheck"); err != nil {
		return nil, err
	}
	g, err := c.FindGuest()
	if err != nil {
		return nil, err
	}
	if g.Run == nil {
		return nil, refusal.Fault("VM %d not running", c.VMID)
	}
	return g, nil
}

// PostReboot asks a guest to power off and starts it again, with what was pending.
func PostReboot(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.live()
	if err != nil {
		return nil, err
	}
	if g.Run.State == "paused" {
		return nil, refusal.Fault("VM is paused - cannot shutdown")
	}
	return c.Task("qmreboot", world.Itoa(c.VMID), func(t *world.Task) {
		if g.Habits.IgnoresACPI {
			c.deaf(t, g)
			return
		}
		t.Lock(c.VMID, func() {
			t.Work(func() {
				c.stopped(g)
				c.startLater(access.Identity{User: access.Root}, g)
				t.OK()
			})
		})
	})
}

// startLater is the start that follows a reboot or a rollback, a task of its own a moment later.
func (c *call) startLater(who access.Identity, g *world.Guest) {
	c.Line.After(time.Millisecond, func() {
		c.Spawn(who, g.Node, "qmstart", world.Itoa(g.VMID), c.startBody(g.Node, g.VMID))
	})
}

// PostReset is the reset button.
func PostReset(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.live()
	if err != nil {
		return nil, err
	}
	return c.Task("qmreset", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() {
			err := g.Locked()
			if err == nil && g.Run != nil {
				g.Run.Since = c.Line.Now()
			}
			t.Done(err)
		})
	})
}

// PostSuspend pauses a guest, or puts it to sleep on disk.
func PostSuspend(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.live()
	if err != nil {
		return nil, err
	}
	kind := "qmpause"
	if c.Flag("todisk") {
		kind = "qmsuspend"
	}
	return c.Task(kind, world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() {
			err := g.Locked("backup")
			switch {
			case err != nil || g.Run == nil:
			case kind == "qmpause":
				g.Run.State = "paused"
			case g.Conf["lock"] == "backup":
				err = refusal.Fault("cannot suspend to disk during backup")
			default:
				g.Run = nil
				g.Conf["lock"] = "suspended"
			}
			t.Done(err)
		})
	})
}

// PostResume lets a paused or sleeping guest go on.
func PostResume(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.FindGuest()
	if err != nil {
		return nil, err
	}
	toDisk := g.Conf["lock"] == "suspended"
	if g.Run == nil && !toDisk {
		return nil, refusal.Fault("VM %d not running", c.VMID)
	}
	return c.Task("qmresume", world.Itoa(c.VMID), func(t *world.Task) {
		if toDisk {
			c.startBody(c.Node, c.VMID)(t)
			return
		}
		t.Lock(c.VMID, func() {
			if g.Run != nil {
				g.Run.State = "running"
			}
			t.OK()
		})
	})
}
