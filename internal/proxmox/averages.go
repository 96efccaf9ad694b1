package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

// frame is one of the series that Proxmox keeps, with how far back it surely reaches: its rows end with the last full step.
type frame struct {
	name  string
	reach time.Duration
}

// frames are the series of a release, finest first (pve-behaviour §18); hour and day are of the same step since 9.
func frames(release string) []frame {
	if major, _ := strconv.Atoi(strings.Split(release, ".")[0]); major >= 9 || major == 0 {
		return []frame{{"hour", 58 * time.Minute}, {"day", 23 * time.Hour}, {"week", 167 * time.Hour}}
	}
	return []frame{{"hour", 68 * time.Minute}, {"day", 34 * time.Hour}, {"week", 207 * time.Hour}}
}

// Averages implements hypervisor.Inventory.
func (c *Cluster) Averages(ctx context.Context, node string, vmid int, since time.Time) ([]hypervisor.Average, error) {
	version, err := c.Version(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the traffic of VM %d: %w", vmid, err)
	}
	name := "month"
	for _, f := range frames(version.Version) {
		if c.clock.Now().Sub(since) <= f.reach {
			name = f.name
			break
		}
	}
	var rows []rateRow
	err = c.get(ctx, guest(node, vmid, "rrddata")+"?cf=AVERAGE&timeframe="+url.QueryEscape(name), &rows)
	switch {
	case unrecorded(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the traffic of VM %d: %w", vmid, err)
	}
	return rates(rows, since), nil
}

// rateRow is the average over the step that ends at Time; figures that Proxmox does not have are absent.
type rateRow struct {
	Time   number  `json:"time"`
	NetIn  *number `json:"netin"`
	NetOut *number `json:"netout"`
}

func rates(rows []rateRow, since time.Time) []hypervisor.Average {
	var list []hypervisor.Average
	for i, r := range rows {
		step := distance(rows, i)
		to := time.Unix(int64(r.Time), 0).UTC()
		if r.NetIn == nil || r.NetOut == nil || step <= 0 || !to.After(since) {
			continue
		}
		list = append(list, hypervisor.Average{From: to.Add(-step), To: to, In: max(0, float64(*r.NetIn)), Out: max(0, float64(*r.NetOut))})
	}
	return list
}

// distance of a row from its neighbour: rows are evenly spaced, and none is left out.
func distance(rows []rateRow, i int) time.Duration {
	if len(rows) < 2 {
		return 0
	}
	i = max(i, 1)
	return time.Duration(rows[i].Time-rows[i-1].Time) * time.Second
}

// unrecorded knows the answer about a guest that has no series, such as a new one (pve-behaviour §24.2).
func unrecorded(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && strings.HasPrefix(e.text(), "RRD error") && strings.Contains(e.text(), "No such file or directory")
}
