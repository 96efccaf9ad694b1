package proxmox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

// rrd answers a version and one series.
func rrd(version string, rows reply) *stub {
	return &stub{answers: func(_ int, r request) reply {
		if r.path == "/version" {
			return ok(`{"version":"` + version + `","release":"x"}`)
		}
		return rows
	}}
}

func TestTrap_averagesAreReadFromTheFinestSeriesThatReachesBack(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		version string
		age     time.Duration
		want    string
	}{
		{"7.4-16", time.Hour, "hour"},
		{"8.4.5", 61 * time.Minute, "hour"},
		{"8.4.5", 2 * time.Hour, "day"},
		{"8.4.5", 30 * time.Hour, "day"},
		{"8.4.5", 7 * 24 * time.Hour, "week"},
		{"8.4.5", 10 * 24 * time.Hour, "month"},
		{"9.2.3", 30 * time.Minute, "hour"},
		{"9.2.3", 61 * time.Minute, "day"},
		{"9.2.3", 24 * time.Hour, "week"},
		{"9.2.3", 20 * 24 * time.Hour, "month"},
		{"9.2.3", 300 * 24 * time.Hour, "month"},
	} {
		s := rrd(row.version, ok(`[]`))
		if _, err := cluster(t, s, func(c *proxmox.Config) { c.Clock = clock.System{} }).Averages(context.Background(), "pve1", 100, time.Now().Add(-row.age)); err != nil {
			t.Fatal(err)
		}
		if r := s.last(t); r.path != "/nodes/pve1/qemu/100/rrddata" || r.query != "cf=AVERAGE&timeframe="+row.want {
			t.Errorf("%s, %v: asked %s?%s", row.version, row.age, r.path, r.query)
		}
	}
}

// A row stands for the step that ends at its time; one without figures is not one of 0.
func TestTrap_averagesLeaveOutWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	s := rrd("9.2.3", ok(`[{"time":1700000040,"netin":1,"netout":1},{"time":1700000100},{"time":"1700000160","netin":"2.5","netout":1e3,"cpu":0.1},
		{"time":1700000220,"netin":7},{"time":1700000280,"netin":0,"netout":0}]`))
	at := func(sec int64) time.Time { return time.Unix(sec, 0).UTC() }
	got, err := cluster(t, s, nil).Averages(context.Background(), "pve1", 100, at(1700000040))
	want := []hypervisor.Average{{From: at(1700000100), To: at(1700000160), In: 2.5, Out: 1000}, {From: at(1700000220), To: at(1700000280)}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
}

func TestTrap_aGuestWithoutSeriesHasNoAverages(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer reply
		fails  bool
	}{
		"new guest": {reply{500, "RRD error: rrdcached@unix:/var/run/rrdcached.sock: rrd_fetch_r failed: opening '/var/lib/rrdcached/db/pve2-vm/100': No such file or directory", ""}, false},
		"one row":   {ok(`[{"time":1700000040,"netin":1,"netout":1}]`), false},
		"empty":     {ok(`[]`), false},
		"broken":    {reply{500, "RRD error: rrdcached@unix:/var/run/rrdcached.sock: Unable to connect", ""}, true},
		"no rights": {reply{403, "Permission check failed (/vms/100, VM.Audit)", ""}, true},
	} {
		got, err := cluster(t, rrd("8.4.5", row.answer), nil).Averages(context.Background(), "pve1", 100, time.Unix(1, 0))
		if len(got) != 0 || (err != nil) != row.fails {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	_, err := cluster(t, always(reply{595, "No route to host", ""}), nil).Averages(context.Background(), "pve1", 100, time.Unix(1, 0))
	if pipeline.FaultOf(err) != pipeline.Transient || !strings.Contains(err.Error(), "traffic of VM 100") {
		t.Errorf("a silent cluster: %v", err)
	}
}

func TestTrap_countersAreKnownOrNot(t *testing.T) {
	t.Parallel()
	s := always(ok(`[
		{"type":"qemu","node":"a","vmid":1,"status":"running","netin":12345678901234,"netout":"7","uptime":60},
		{"type":"qemu","node":"a","vmid":2,"status":"stopped","netin":0,"netout":0,"uptime":0},
		{"type":"qemu","node":"a","vmid":3,"status":"unknown","netin":5,"netout":5,"uptime":5},
		{"type":"qemu","node":"a","vmid":4,"status":"running","netout":5,"uptime":5},
		{"type":"qemu","node":"a","vmid":5,"status":"running","netin":null,"netout":5,"uptime":5},
		{"type":"lxc","node":"a","vmid":6,"status":"running","netin":5,"netout":5,"uptime":5},
		{"type":"qemu","node":"a","vmid":7,"status":"paused","netin":3e19,"netout":-5,"uptime":5}]`))
	r, err := cluster(t, s, nil).Resources(context.Background())
	var got []hypervisor.Counters
	for _, g := range r.Guests {
		got = append(got, g.Counters)
	}
	want := []hypervisor.Counters{
		{Known: true, In: 12345678901234, Out: 7, Uptime: time.Minute}, {Known: true}, {}, {}, {}, {}, {Known: true, Uptime: 5 * time.Second},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
}

func TestCluster_readsTheTrafficOfAGuest(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		l.sim.AddGuest(pvesim.GuestConfig{VMID: 300, Node: "pve2", Running: true})
		guest := func() hypervisor.GuestRef {
			r, err := l.Resources(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			g, _ := r.Guest(300)
			return g
		}
		deadline := time.Now().Add(10 * time.Second)
		for !guest().Counters.Known && time.Now().Before(deadline) { // the broadcast is some seconds late
			time.Sleep(time.Millisecond)
		}
		first := guest().Counters
		time.Sleep(20 * time.Millisecond)
		if later := guest().Counters; !first.Known || later.Uptime <= first.Uptime || later.In-first.In != uint64((later.Uptime-first.Uptime)/time.Second)*2000 {
			t.Errorf("counters %+v, then %+v", first, later)
		}
		since := time.Now().Add(-50 * time.Minute)
		averages, err := l.Averages(t.Context(), "pve2", 300, since)
		if err != nil || len(averages) < 45 || !averages[0].To.After(since) || averages[0].To.Sub(averages[0].From) != time.Minute || averages[10].In != 2000 {
			t.Errorf("%d averages, %v", len(averages), err)
		}
	})
}
