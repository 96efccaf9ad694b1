package inventory

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/wire"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

var upidForm = regexp.MustCompile(`^UPID:([a-zA-Z0-9-]+):[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:[^:\s/]+:[^:\s/]*:([^:\s/]+):$`)

// aTask finds the task a path names; nil when its log is gone. Only its owner and auditors may look.
func (c *call) aTask(priv string) (*world.Task, error) {
	upid := c.Str("upid")
	m := upidForm.FindStringSubmatch(upid)
	if m == nil {
		return nil, refusal.Param("upid", "unable to parse worker upid")
	}
	owner, _, _ := strings.Cut(m[2], "!")
	if m[2] != c.ID.String() && (owner != c.ID.User || c.ID.Token != "") {
		if err := c.Need("/nodes/"+c.Node, priv); err != nil {
			return nil, err
		}
	}
	for _, t := range slices.Backward(c.Tasks) {
		if t.UPID == upid && t.Node == c.Node {
			return t, nil
		}
	}
	return nil, nil //nolint:nilnil // no such task is not a fault for the log
}

func noTask() error { return refusal.Param("upid", "no such task") }

// row is the task as lists and the status show it.
func row(t *world.Task) map[string]any {
	user, token, _ := strings.Cut(t.Who.String(), "!")
	out := map[string]any{
		"upid": t.UPID, "node": t.Node, "pid": t.PID, "pstart": t.PStart(), "starttime": t.Start.Unix(),
		"type": t.Kind, "id": t.Ref, "user": user,
	}
	if token != "" {
		out["tokenid"] = token
	}
	return out
}

// GetTaskStatus tells whether a task has ended and how.
func GetTaskStatus(w *world.Call) (any, error) {
	c := &call{w}
	t, err := c.aTask("Sys.Audit")
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, noTask()
	}
	out := row(t)
	out["status"] = "running"
	if !t.Running() {
		out["status"], out["exitstatus"] = "stopped", t.Exit
	}
	return out, nil
}

// GetTaskLog answers lines of a log.
func GetTaskLog(w *world.Call) (any, error) {
	c := &call{w}
	if c.Flag("download") && (c.Has("start") || c.Has("limit")) {
		return nil, refusal.Fault("'download' cannot be used together with 'start' or 'limit' parameters")
	}
	t, err := c.aTask("Sys.Audit")
	if err != nil {
		return nil, err
	}
	if t == nil {
		return noFile(), nil
	}
	lines := t.Log
	if len(lines) == 0 {
		lines = []string{"no content"}
	}
	rows := []map[string]any{}
	start, limit := c.Num("start", 0), c.Num("limit", 50)
	for i, line := range lines {
		if i >= start && (limit == 0 || i < start+limit) {
			rows = append(rows, map[string]any{"n": i + 1, "t": line})
		}
	}
	return wire.Paged{Rows: rows, Total: len(lines)}, nil
}

// DeleteTask stops a task.
func DeleteTask(w *world.Call) (any, error) {
	c := &call{w}
	t, err := c.aTask("Sys.Modify")
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, noTask()
	}
	t.Stop()
	return nil, nil //nolint:nilnil // the API answers null
}

// listRow is the task in a list: status holds how it ended.
func listRow(t *world.Task) map[string]any {
	out := row(t)
	if !t.Running() {
		out["endtime"], out["status"] = t.End.Unix(), t.Exit
	}
	return out
}

// GetTasks lists a node's tasks, newest first, finished ones unless told otherwise.
func GetTasks(w *world.Call) (any, error) {
	c := &call{w}
	all := c.May("/nodes/"+c.Node, "Sys.Audit")
	rows := []map[string]any{}
	for _, t := range slices.Backward(c.newestLast()) {
		if t.Node == c.Node && (all || owns(c.ID, t.Who)) && c.wanted(t) {
			rows = append(rows, listRow(t))
		}
	}
	total := len(rows)
	start := min(c.Num("start", 0), total)
	rows = rows[start:min(start+c.Num("limit", 50), total)]
	return wire.Paged{Rows: rows, Total: total}, nil
}

// newestLast orders tasks as the index does: finished ones by their end, running ones last.
func (c *call) newestLast() []*world.Task {
	out := slices.Clone(c.Tasks)
	slices.SortStableFunc(out, func(a, b *world.Task) int {
		if a.Running() != b.Running() {
			return world.Bit(a.Running()) - world.Bit(b.Running())
		}
		return a.End.Compare(b.End)
	})
	return out
}

func owns(id, owner access.Identity) bool {
	return id == owner || (id.User == owner.User && id.Token == "")
}

func (c *call) wanted(t *world.Task) bool {
	source := c.Str("source")
	active := t.Running()
	unix := t.Start.Unix()
	switch {
	case source == "active" && !active, (source == "" || source == "archive") && active,
		c.Has("vmid") && t.Ref != c.Str("vmid"),
		c.Has("typefilter") && t.Kind != c.Str("typefilter"),
		c.Has("userfilter") && !strings.Contains(t.Who.String(), c.Str("userfilter")),
		c.Has("since") && unix < int64(c.Num("since", 0)),
		c.Has("until") && unix > int64(c.Num("until", 0)),
		c.Flag("errors") && (t.Exit == "OK" || active):
		return false
	}
	return true
}

// GetClusterTasks lists the newest tasks of all nodes.
func GetClusterTasks(w *world.Call) (any, error) {
	c := &call{w}
	rows := []map[string]any{}
	for _, t := range slices.Backward(c.newestLast()) {
		if c.May("/nodes/"+t.Node, "Sys.Audit") || owns(c.ID, t.Who) {
			rows = append(rows, listRow(t))
		}
	}
	return rows[:min(len(rows), 25)], nil
}
