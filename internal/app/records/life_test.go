package records_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

const (
	forward  = "example.net"
	reverse4 = "2.0.192.in-addr.arpa"
	reverse6 = "8.b.d.0.1.0.0.2.ip6.arpa"
)

// A zone's whole life with a real PowerDNS, a real database and no sidecar: what is served is asked of the name server.
func TestOffice_zonesFromAddToDelete(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), nameserver(t, forward, reverse4, reverse6)
	for _, name := range []string{forward, reverse4, reverse6} {
		out := w.must(t, cli.RecordOptions{Deed: cli.ZoneAdd, Form: cli.ZoneForm{
			Name: new(strings.ToUpper(name) + "."), Type: new("PowerDNS"), Fields: map[string]string{"server": s.API + "/api/v1/"}, Secret: new(s.Key),
		}})
		contains(t, "add", out, "is "+name+" at PowerDNS "+s.API+".")
	}
	tested := w.must(t, cli.RecordOptions{Deed: cli.ZoneTest, Zone: 1})
	contains(t, "test", tested, "ok  reachable: PowerDNS ", "ok  zone: the zone "+forward+" is there", "ok  writable: ")

	first := w.machine(t, "vm-1."+forward, "192.0.2.10", "192.0.2.11", "2001:db8::5")
	second := w.machine(t, "vm-2."+forward, "192.0.2.12")
	planned := w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan})
	contains(t, "plan", planned, fmt.Sprintf("zone 1 %s (forward) at PowerDNS %s: 3 to write, 0 to remove, 0 stay", forward, s.API), "(reverse4) at ", ": 3 to write", "(reverse6) at ", ": 1 to write")
	if w.ledger(t) != "" {
		t.Fatalf("a plan wrote\n%s", w.ledger(t))
	}
	synced := w.must(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: first})
	contains(t, "sync", synced,
		"fwd OK [powerdns] "+forward+" ← vm-1."+forward+" (2 IPs)\n", "rev OK [powerdns] "+reverse4+" ← 192.0.2.11 → vm-1."+forward+"\n",
		"DNS: forward_ok: 1, forward_err: 0, rev_ok: 3, rev_err: 0\n")
	w.must(t, cli.RecordOptions{Deed: cli.RecordsSync, All: true})
	served := func(name string, typ uint16, want string) {
		t.Helper()
		if got := dig(t, s.DNS, name, typ); fmt.Sprint(got) != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	served("vm-1."+forward, mdns.TypeA, "[192.0.2.10]")
	served("vm-1."+forward, mdns.TypeAAAA, "[2001:db8::5]")
	served("11."+reverse4, mdns.TypePTR, "[vm-1."+forward+".]")
	served("12."+reverse4, mdns.TypePTR, "[vm-2."+forward+".]")

	// Nothing is left to do, and what is right is neither written nor removed.
	contains(t, "plan", w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan}), ": 0 to write, 0 to remove, 3 stay", ": 0 to write, 0 to remove, 1 stay")

	// The second machine ends; only its records go.
	w.status(t, second, vm.Removed)
	w.release(t, second)
	contains(t, "plan", w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan, Service: second}), "remove  A  vm-2."+forward, "remove  PTR  12."+reverse4)
	contains(t, "sync", w.must(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: second}), "fwd-del OK [powerdns] "+forward, "rev-del OK [powerdns] "+reverse4+" ← 192.0.2.12\n")
	served("vm-2."+forward, mdns.TypeA, "[]")
	served("12."+reverse4, mdns.TypePTR, "[]")
	served("vm-1."+forward, mdns.TypeA, "[192.0.2.10]")

	w.refused(t, cli.RecordOptions{Deed: cli.ZoneDelete, Zone: 1}, "2 records of ours would stay behind in "+forward, "--force")
	contains(t, "delete", w.must(t, cli.RecordOptions{Deed: cli.ZoneDelete, Zone: 1, Force: true}), "Zone 1 ("+forward+") was deleted here", "Left behind there: 2 records of ours.")
	served("vm-1."+forward, mdns.TypeA, "[192.0.2.10]")
	contains(t, "plan", w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan}),
		"in no zone, so that nothing is written:\n  none  A     vm-1."+forward, "where nobody touches them:\n  orphan  A     vm-1."+forward, ", zone 1\n")
}

// A sync says what failed, exits so, and mends it once the zone is mended.
func TestOffice_saysWhatFailedAndTriesAgain(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), nameserver(t, forward)
	w.zone(t, forward, s.API, "wrong-key")
	w.zone(t, reverse4, s.API, s.Key) // the server has no such zone
	id := w.machine(t, "vm-1."+forward, "192.0.2.10")
	r := w.do(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: id})
	if r.well || r.err != nil {
		t.Errorf("sync: well %t, %v", r.well, r.err)
	}
	contains(t, "sync", r.out, "fwd ERR [powerdns] "+forward, "401", "rev ERR [powerdns] "+reverse4, "DNS: forward_ok: 0, forward_err: 1, rev_ok: 0, rev_err: 1\n")
	if r := w.do(t, cli.RecordOptions{Deed: cli.ZoneTest, Zone: 1}); r.well || !strings.HasPrefix(r.out, "failed  reachable: ") {
		t.Errorf("test: %+v", r)
	}
	contains(t, "zones", w.must(t, cli.RecordOptions{Deed: cli.ZonesList}), "1   "+forward+"           forward   powerdns  "+s.API+"  300  0     1        1\n")
	trouble, err := w.book.Trouble(t.Context())
	if err != nil || trouble.Pending != 2 || trouble.Failed != 2 || trouble.Error == "" {
		t.Errorf("trouble %+v, %v", trouble, err)
	}
	contains(t, "retry", w.must(t, cli.RecordOptions{Deed: cli.RecordsRetry, Zone: 2}), "1 DNS record is due now")
	contains(t, "edit", w.must(t, cli.RecordOptions{Deed: cli.ZoneEdit, Zone: 1, Form: cli.ZoneForm{Secret: &s.Key}}), "is tried again now by a running kvmbridge serve: 1 record of ours.")
	if err := s.CreateZone(t.Context(), reverse4, "Native"); err != nil {
		t.Fatal(err)
	}
	w.must(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: id})
	if got := fmt.Sprint(dig(t, s.DNS, "vm-1."+forward, mdns.TypeA), dig(t, s.DNS, "10."+reverse4, mdns.TypePTR)); got != "[192.0.2.10] [vm-1."+forward+".]" {
		t.Errorf("served %s", got)
	}
	contains(t, "retry", w.must(t, cli.RecordOptions{Deed: cli.RecordsRetry}), "No DNS record is failed there")
	if trouble, err = w.book.Trouble(t.Context()); err != nil || trouble.Pending+trouble.Failed != 0 || trouble.Error != "" {
		t.Errorf("trouble %+v, %v, want none", trouble, err)
	}
}

// Somebody else's values outlive everything that is ordered.
func TestOffice_leavesForeignValuesAlone(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), nameserver(t, forward)
	w.zone(t, forward, s.API, s.Key)
	ctx := t.Context()
	foreign := func(values ...string) {
		t.Helper()
		if err := s.Exec(ctx, fmt.Sprintf("INSERT INTO records (domain_id, name, type, content, ttl) SELECT id, 'vm-1.%s', 'A', '%s', 60 FROM domains;", forward, values[0])); err != nil {
			t.Fatal(err)
		}
	}
	foreign("198.51.100.7")
	id := w.machine(t, "vm-1."+forward, "192.0.2.10")
	w.must(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: id})
	if got := fmt.Sprint(dig(t, s.DNS, "vm-1."+forward, mdns.TypeA)); got != "[192.0.2.10 198.51.100.7]" {
		t.Errorf("served %s", got)
	}
	w.status(t, id, vm.Removed)
	w.must(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: id})
	if got := fmt.Sprint(dig(t, s.DNS, "vm-1."+forward, mdns.TypeA)); got != "[198.51.100.7]" {
		t.Errorf("served %s after the end", got)
	}
}

func TestOffice_planAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.zone(t, forward, "http://192.0.2.1:8081", "k")
	id := w.machine(t, "vm-1."+forward, "192.0.2.10")
	bad := w.machine(t, "vm 2."+forward, "192.0.2.11")
	ended := w.Service(t, w.client, w.product, w.server)
	w.row(t, ended, 1, "A", "old."+forward, "192.0.2.99", "live")
	w.row(t, ended, 9, "A", "lost."+forward, "192.0.2.98", "live")
	w.row(t, id, 1, "A", "vm-1."+forward, "192.0.2.9", "pending_delete")
	var v struct {
		Zones []struct {
			ID                     int64
			Zone, Provider, Server string
			Write, Remove          []struct {
				ServiceID int64 `json:"service_id"`
				Type      string
				Name      string
				Value     string
				Ordered   bool
			}
			Stay int
		}
		NoZone []struct {
			ServiceID int64 `json:"service_id"`
			Name      string
		} `json:"no_zone"`
		Orphans []struct {
			ZoneID int64 `json:"zone_id"`
			Name   string
		}
		Problems []struct {
			ServiceID int64 `json:"service_id"`
			Text      string
		}
		Ending []int64
		Guard  string
	}
	out := w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan, JSON: true})
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	z := v.Zones[0]
	if len(v.Zones) != 1 || z.ID != 1 || z.Zone != forward || z.Provider != "powerdns" || z.Server != "http://192.0.2.1:8081" || z.Stay != 0 {
		t.Errorf("zones %+v", v.Zones)
	}
	if got, want := fmt.Sprint(z.Write, z.Remove), fmt.Sprintf("[{%d A vm-1.%s 192.0.2.10 false}] [{%d A old.%s 192.0.2.99 false} {%d A vm-1.%s 192.0.2.9 true}]", id, forward, ended, forward, id, forward); got != want {
		t.Errorf("write and remove %s, want %s", got, want)
	}
	if len(v.NoZone) != 1 || v.NoZone[0].ServiceID != id || len(v.Orphans) != 1 || v.Orphans[0].ZoneID != 9 ||
		len(v.Problems) != 1 || v.Problems[0].ServiceID != bad || v.Ending == nil || v.Guard != "" {
		t.Errorf("rest %+v", v)
	}
	if again := w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan, JSON: true}); again != out {
		t.Errorf("a second time\n%s\nthe first\n%s", again, out)
	}
}
