package lifecycle

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/firewall"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/timeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// saved is what an archive holds.
type saved struct {
	conf machine.Config
	fw   *firewall.Config
}

// PostVzdump backs guests up, one after the other.
func PostVzdump(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.mayDump(); err != nil {
		return nil, err
	}
	ids, err := c.selection()
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return "OK", nil
	}
	if err := checkNotes(c.Str("notes-template")); err != nil {
		return nil, err
	}
	ref := ""
	if len(ids) == 1 {
		ref = world.Itoa(ids[0])
	}
	return c.Task("vzdump", ref, func(t *world.Task) { c.dump(t, ids) })
}

func (c *call) mayDump() error {
	for _, key := range []string{"tmpdir", "dumpdir", "script", "job-id"} {
		if c.Has(key) && !c.ID.IsRoot() {
			return refusal.Param(key, "Only root may set this option.")
		}
	}
	for _, key := range []string{"bwlimit", "ionice", "performance"} {
		if c.Has(key) {
			if err := c.Need("/", "Sys.Modify"); err != nil {
				return err
			}
		}
	}
	storage := c.dumpStorage()
	if c.Has("prune-backups") || c.Has("maxfiles") {
		if err := c.Need("/storage/"+storage, "Datastore.Allocate"); err != nil {
			return err
		}
	}
	return c.Need("/storage/"+storage, "Datastore.AllocateSpace")
}

func (c *call) dumpStorage() string {
	if c.Has("storage") {
		return c.Str("storage")
	}
	return "local"
}

// selection is the guests to save on this node. Ids that exist nowhere stay in and fail later.
func (c *call) selection() ([]int, error) {
	for _, key := range []string{"all", "exclude", "pool"} {
		if c.Has("vmid") && c.Has(key) {
			return nil, refusal.Param(key, "option conflicts with option 'vmid'")
		}
	}
	switch {
	case c.Has("vmid"):
		return c.namedHere(), nil
	case c.Flag("all"):
		exclude := world.Words(c.Str("exclude"))
		return c.hereIf(func(g *world.Guest) bool { return !slices.Contains(exclude, world.Itoa(g.VMID)) }), nil
	case c.Has("pool"):
		return c.hereIf(func(g *world.Guest) bool {
			return slices.Contains(c.PoolsOf(world.VMPath(g.VMID)), c.Str("pool"))
		}), nil
	}
	return nil, refusal.Param("vmid", "property is missing")
}

func (c *call) namedHere() []int {
	var ids []int
	for _, word := range world.Words(c.Str("vmid")) {
		id, err := strconv.Atoi(word)
		if g := c.Guests[id]; err == nil && (g == nil || g.Node == c.Node) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (c *call) hereIf(wanted func(g *world.Guest) bool) []int {
	var ids []int
	for _, g := range c.SortedGuests() {
		if g.Node == c.Node && wanted(g) {
			ids = append(ids, g.VMID)
		}
	}
	return ids
}

var noteVar = regexp.MustCompile(`\{\{(\w+)\}\}`)

func checkNotes(template string) error {
	for _, m := range noteVar.FindAllStringSubmatch(template, -1) {
		if !slices.Contains([]string{"cluster", "guestname", "node", "vmid"}, m[1]) {
			return refusal.Param("notes-template", "unknown variable '%s'", m[1])
		}
	}
	return nil
}

func (c *call) notes(g *world.Guest) string {
	r := strings.NewReplacer("{{cluster}}", c.ClusterName(), "{{guestname}}", g.Name(), "{{node}}", g.Node,
		"{{vmid}}", world.Itoa(g.VMID), `\n`, "\n", `\\`, `\`)
	return r.Replace(c.Str("notes-template"))
}

// dump is the worker: one at a time per node, then guest after guest.
func (c *call) dump(t *world.Task, ids []int) {
	st, err := c.Disks.Usable(c.dumpStorage(), c.Node)
	if err != nil {
		t.Fail("could not activate storage '" + c.dumpStorage() + "': " + err.Error() +
			"\ncould not get storage information for '" + c.dumpStorage() + "': " + err.Error())
		return
	}
	for _, id := range ids {
		if c.Guests[id] != nil && !c.May(world.VMPath(id), "VM.Backup") {
			if !c.Flag("all") {
				t.Fail("403 Permission check failed (" + world.VMPath(id) + ", VM.Backup)")
				return
			}
			ids = slices.DeleteFunc(slices.Clone(ids), func(x int) bool { return x == id })
		}
	}
	claim := timeline.Claim{Name: "vzdump-" + c.Node, Wait: 3 * time.Hour}
	t.Claim(claim, "can't acquire lock '/var/run/vzdump.lock' - got timeout", func() {
		t.Say("INFO: starting new backup job: vzdump %s", strings.Trim(fmt.Sprint(ids), "[]"))
		c.dumpNext(t, st, ids, false)
	})
}

func (c *call) dumpNext(t *world.Task, st *volume.Storage, ids []int, failed bool) {
	if len(ids) == 0 {
		if failed {
			t.Say("INFO: Backup job finished with errors")
			t.Fail("job errors")
			return
		}
		t.Say("INFO: Backup job finished successfully")
		t.OK()
		return
	}
	id := ids[0]
	g, err := c.dumpReady(t, st, id)
	if err != nil {
		t.Say("ERROR: Backup of VM %d failed - %s", id, err)
		t.Say("INFO: Failed at %s", c.Line.Now().Format(time.DateTime))
		c.dumpNext(t, st, ids[1:], true)
		return
	}
	g.Conf["lock"] = "backup"
	unlock := func() { delete(g.Conf, "lock") }
	t.Undo = append(t.Undo, unlock)
	t.Work(func() {
		unlock()
		t.Undo = t.Undo[:len(t.Undo)-1]
		c.archive(t, st, g)
		c.dumpNext(t, st, ids[1:], failed)
	})
}

func (c *call) dumpReady(t *world.Task, st *volume.Storage, id int) (*world.Guest, error) {
	g := c.Guests[id]
	if g == nil {
		return nil, refusal.Fault("unable to find VM '%d'", id)
	}
	t.Say("INFO: Starting Backup of VM %d (qemu)", id)
	t.Say("INFO: Backup started at %s", c.Line.Now().Format(time.DateTime))
	t.Say("INFO: status = %s", g.Status())
	if err := g.Locked(); err != nil {
		return nil, err
	}
	keep := c.keepLast(st)
	if c.Has("remove") && !c.Flag("remove") && keep > 0 && len(c.archivesOf(st, id)) >= keep {
		return nil, refusal.Fault("There is a max backup limit of %d enforced by the target storage or the vzdump parameters."+
			" Either increase the limit or delete old backups.", keep)
	}
	return g, nil
}

// keepLast is how many backups per guest are kept, 0 = all.
func (c *call) keepLast(st *volume.Storage) int {
	for part := range strings.SplitSeq(c.Str("prune-backups"), ",") {
		if n, ok := strings.CutPrefix(part, "keep-last="); ok {
			if keep, err := strconv.Atoi(n); err == nil {
				return keep
			}
		}
	}
	return max(c.Num("maxfiles", st.Keep), 0)
}

func (c *call) archivesOf(st *volume.Storage, vmid int) []*volume.Volume {
	all := c.Disks.List(st.ID, c.Node)
	return slices.DeleteFunc(all, func(v *volume.Volume) bool { return v.Content != "backup" || v.VMID != vmid })
}

var suffix = map[string]string{"zstd": ".zst", "gzip": ".gz", "1": ".lzo", "lzo": ".lzo"} //nolint:gochecknoglobals // immutable table

// archiveName is a file's on a storage of files, with compression; a backup server names guest and time.
func (c *call) archiveName(st *volume.Storage, vmid int, at time.Time) (name, format string) {
	if st.Server() {
		return fmt.Sprintf("backup/vm/%d/%s", vmid, at.UTC().Format(time.RFC3339)), "pbs-vm"
	}
	format = "vma" + suffix[c.Str("compress")]
	return fmt.Sprintf("backup/vzdump-qemu-%d-%s.%s", vmid, at.Format("2006_01_02-15_04_05"), format), format
}

// archive writes the backup of one guest and prunes older ones.
func (c *call) archive(t *world.Task, st *volume.Storage, g *world.Guest) {
	now := c.Line.Now()
	name, format := c.archiveName(st, g.VMID, now)
	var size int64
	for _, key := range g.Conf.DataDrives() {
		d := machine.ParseDrive(g.Conf[key])
		t.Say("INFO: include disk '%s' '%s' %s", key, d.File, d.Opts["size"])
		size += machine.ParseSize(d.Opts["size"]) / 10
	}
	v := &volume.Volume{
		Storage: st.ID, Node: c.Node, VMID: g.VMID, Content: "backup", Format: format, Size: size, CTime: now,
		Name: name, Notes: c.notes(g), Keeps: c.Flag("protected"), Payload: c.save(g), Verdict: st.Verdict,
	}
	t.Say("INFO: creating vzdump archive '%s'", v.Path())
	c.Disks.Put(v)
	t.Say("INFO: Finished Backup of VM %d (00:00:%02d)", g.VMID, int(c.Cfg.Durations.Backup/time.Second)%60)
	if keep := c.keepLast(st); keep > 0 && (!c.Has("remove") || c.Flag("remove")) {
		c.prune(t, st, g.VMID, keep)
	}
}

func (c *call) save(g *world.Guest) saved {
	conf := g.Conf.Clone()
	for _, key := range slices.Concat(conf.Unused(), []string{"lock", "parent"}) {
		delete(conf, key)
	}
	s := saved{conf: conf}
	if fw := c.Fires[g.VMID]; fw != nil {
		s.fw = fw.Clone()
	}
	return s
}

func (c *call) prune(t *world.Task, st *volume.Storage, vmid, keep int) {
	old := slices.DeleteFunc(c.archivesOf(st, vmid), func(v *volume.Volume) bool { return v.Keeps })
	for len(old) > keep {
		t.Say("INFO: removing backup '%s'", old[0].ID())
		if err := c.Disks.Remove(old[0]); err != nil {
			t.Say("ERROR: %s", err)
		}
		old = old[1:]
	}
}

// GetExtractConfig answers the configuration inside an archive.
func GetExtractConfig(w *world.Call) (any, error) {
	v, err := (&call{w}).archiveNamed(w.Str("volume"))
	if err != nil {
		return nil, err
	}
	s, ok := v.Payload.(saved)
	if !ok {
		return nil, refusal.Fault("unable to extract configuration from '%s'", path.Base(v.Name))
	}
	return s.conf.File(), nil
}

func (c *call) archiveNamed(volid string) (*volume.Volume, error) {
	v := c.Disks.Find(volid, c.Node)
	switch {
	case !strings.Contains(volid, ":backup/"):
		return nil, refusal.Fault("unable to use volume %s - content type needs to be 'backup'", volid)
	case v == nil:
		return nil, refusal.Fault("volume '%s' does not exist", volid)
	}
	return v, nil
}
