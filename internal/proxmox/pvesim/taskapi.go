package pvesim

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/wire"
)

var upidForm = regexp.MustCompile(`^UPID:([a-zA-Z0-9-]+):[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:[^:\s/]+:[^:\s/]*:([^:\s/]+):$`) //nolint:gochecknoglobals // immutable

// aTask finds the task a path names; nil when its log is gone. Only its owner and auditors may look.
func (c *call) aTask(priv string) (*task, error) {
	upid := c.str("upid")
	m := upidForm.FindStringSubmatch(upid)
	if m == nil {
		return nil, refusal.Param("upid", "unable to parse worker upid")
	}
	owner, _, _ := strings.Cut(m[2], "!")
	if m[2] != c.id.String() && (owner != c.id.User || c.id.Token != "") {
		if err := c.need("/nodes/"+c.node, priv); err != nil {
			return nil, err
		}
	}
	for _, t := range c.tasks {
		if t.upid == upid && t.node == c.node {
			return t, nil
		}
	}
	return nil, nil //nolint:nilnil // no such task is not a fault for the log
}

func noTask() error { return refusal.Param("upid", "no such task") }

// row is the task as lists and the status show it.
func (t *task) row() map[string]any {
	user, token, _ := strings.Cut(t.who.String(), "!")
	out := map[string]any{
		"upid": t.upid, "node": t.node, "pid": t.pid, "pstart": t.pstart(), "starttime": t.start.Unix(),
		"type": t.kind, "id": t.ref, "user": user,
	}
	if token != "" {
		out["tokenid"] = token
	}
	return out
}

func getTaskStatus(c *call) (any, error) {
	t, err := c.aTask("Sys.Audit")
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, noTask()
	}
	out := t.row()
	out["status"] = "running"
	if !t.running() {
		out["status"], out["exitstatus"] = "stopped", t.exit
	}
	return out, nil
}

func getTaskLog(c *call) (any, error) {
	if c.flag("download") && (c.has("start") || c.has("limit")) {
		return nil, refusal.Fault("'download' cannot be used together with 'start' or 'limit' parameters")
	}
	t, err := c.aTask("Sys.Audit")
	if err != nil {
		return nil, err
	}
	if t == nil {
		return noFile(), nil
	}
	lines := t.log
	if len(lines) == 0 {
		lines = []string{"no content"}
	}
	rows := []map[string]any{}
	start, limit := c.num("start", 0), c.num("limit", 50)
	for i, line := range lines {
		if i >= start && (limit == 0 || i < start+limit) {
			rows = append(rows, map[string]any{"n": i + 1, "t": line})
		}
	}
	return wire.Paged{Rows: rows, Total: len(lines)}, nil
}

func deleteTask(c *call) (any, error) {
	t, err := c.aTask("Sys.Modify")
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, noTask()
	}
	t.stop()
	return nil, nil //nolint:nilnil // the API answers null
}

// listRow is the task in a list: status holds how it ended.
func (t *task) listRow() map[string]any {
	out := t.row()
	if !t.running() {
		out["endtime"], out["status"] = t.end.Unix(), t.exit
	}
	return out
}

func getTasks(c *call) (any, error) {
	all := c.may("/nodes/"+c.node, "Sys.Audit")
	rows := []map[string]any{}
	for _, t := range slices.Backward(c.newestLast()) {
		if t.node == c.node && (all || owns(c.id, t.who)) && c.wanted(t) {
			rows = append(rows, t.listRow())
		}
	}
	total := len(rows)
	start := min(c.num("start", 0), total)
	rows = rows[start:min(start+c.num("limit", 50), total)]
	return wire.Paged{Rows: rows, Total: total}, nil
}

// newestLast orders tasks by their start, as the index on disk does.
func (s *Sim) newestLast() []*task {
	out := slices.Clone(s.tasks)
	slices.SortStableFunc(out, func(a, b *task) int { return a.start.Compare(b.start) })
	return out
}

func owns(id, owner access.Identity) bool {
	return id == owner || (id.User == owner.User && id.Token == "")
}

func (c *call) wanted(t *task) bool {
	source := c.str("source")
	active := t.running()
	unix := t.start.Unix()
	switch {
	case source == "active" && !active, (source == "" || source == "archive") && active,
		c.has("vmid") && t.ref != c.str("vmid"),
		c.has("typefilter") && t.kind != c.str("typefilter"),
		c.has("userfilter") && !strings.Contains(t.who.String(), c.str("userfilter")),
		c.has("since") && unix < int64(c.num("since", 0)),
		c.has("until") && unix > int64(c.num("until", 0)),
		c.flag("errors") && (t.exit == "OK" || active):
		return false
	}
	return true
}

func getClusterTasks(c *call) (any, error) {
	rows := []map[string]any{}
	for _, t := range slices.Backward(c.newestLast()) {
		if c.may("/nodes/"+t.node, "Sys.Audit") || owns(c.id, t.who) {
			rows = append(rows, t.listRow())
		}
	}
	return rows[:min(len(rows), 25)], nil
}
