package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

// Nodes lists the members of the cluster from /nodes, those that are offline too. Without Sys.Audit on a node its memory is unknown and FreeMemory is 0.
func (c *Cluster) Nodes(ctx context.Context) ([]hypervisor.Node, error) {
	var answer []struct {
		Node   string `json:"node"`
		Status string `json:"status"`
		MaxMem number `json:"maxmem"`
		Mem    number `json:"mem"`
	}
	if err := c.get(ctx, "/nodes", &answer); err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	nodes := make([]hypervisor.Node, 0, len(answer))
	for _, a := range answer {
		nodes = append(nodes, hypervisor.Node{Name: a.Node, Online: a.Status == "online", FreeMemory: int64(max(0, a.MaxMem-a.Mem))})
	}
	return nodes, nil
}

// Storages asks a node itself what it can use, so it also shows whether that node answers; disabled ones are left out.
func (c *Cluster) Storages(ctx context.Context, node string) ([]hypervisor.Storage, error) {
	var answer []struct {
		Storage string `json:"storage"`
		Type    string `json:"type"`
		Content string `json:"content"`
		Shared  flag   `json:"shared"`
		Active  flag   `json:"active"`
		Avail   number `json:"avail"`
		Total   number `json:"total"`
	}
	if err := c.get(ctx, "/nodes/"+url.PathEscape(node)+"/storage?enabled=1", &answer); err != nil {
		return nil, fmt.Errorf("list storages of %s: %w", node, err)
	}
	storages := make([]hypervisor.Storage, 0, len(answer))
	for _, a := range answer {
		storages = append(storages, hypervisor.Storage{
			ID: a.Storage, Node: node, Type: a.Type, Content: list(a.Content), Shared: bool(a.Shared), Active: bool(a.Active),
			Avail: int64(a.Avail), Capacity: int64(a.Total),
		})
	}
	return storages, nil
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}

// Task implements vm.Inventory. A task is asked on the node that its id names (pve-behaviour §3).
func (c *Cluster) Task(ctx context.Context, upid string) (hypervisor.Task, error) {
	path, err := taskPath(upid)
	if err != nil {
		return hypervisor.Task{}, fmt.Errorf("read task: %w", err)
	}
	var answer struct {
		Status string `json:"status"`
		Exit   string `json:"exitstatus"`
	}
	err = c.get(ctx, path+"/status", &answer)
	switch {
	case forgotten(err):
		return hypervisor.Task{Gone: true}, nil
	case err != nil:
		return hypervisor.Task{}, fmt.Errorf("read task %s: %w", strings.Split(upid, ":")[5], err)
	case answer.Status != "stopped":
		return hypervisor.Task{Running: true}, nil
	}
	task := hypervisor.Task{OK: succeeded(answer.Exit), Exit: oneLine(answer.Exit)}
	if vague(task.Exit) {
		task.Exit = c.explain(ctx, path, task.Exit)
	}
	return task, nil
}

// taskPath is where a task is asked for: on the node that its id names.
func taskPath(upid string) (string, error) {
	part := strings.Split(upid, ":")
	if len(part) < 9 || part[0] != "UPID" {
		return "", fmt.Errorf("%q is not a task id", upid)
	}
	return "/nodes/" + url.PathEscape(part[1]) + "/tasks/" + url.PathEscape(upid), nil
}

// StopTask implements hypervisor.Inventory.
func (c *Cluster) StopTask(ctx context.Context, upid string) error {
	path, err := taskPath(upid)
	if err == nil {
		err = c.delete(ctx, path, nil)
	}
	if forgotten(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stop task: %w", err)
	}
	return nil
}

// forgotten knows the answer about a task whose log is gone.
func forgotten(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == http.StatusBadRequest && strings.Contains(e.text(), "no such task")
}

// vague lists exit texts whose reason stands in the task's log only (pve-behaviour §13, §15).
func vague(exit string) bool {
	return exit == "migration aborted" || exit == "migration problems" || exit == "job errors"
}

// explain adds the errors of the log to a vague exit text; without a log the text stays as it is.
func (c *Cluster) explain(ctx context.Context, path, exit string) string {
	var lines []struct {
		Text string `json:"t"`
	}
	if c.get(ctx, path+"/log?limit=0", &lines) != nil {
		return exit
	}
	for _, line := range lines {
		if _, reason, found := strings.Cut(line.Text, "ERROR: "); found && !strings.Contains(line.Text, "TASK ERROR") {
			return exit + ": " + noise.ReplaceAllString(oneLine(reason), "")
		}
	}
	return exit
}

// noise is what a log line says twice, or about the source code of Proxmox.
var noise = regexp.MustCompile(`^migration aborted( \(duration [^)]*\))?: | at /\S+ line [^ ]+\.$`)
