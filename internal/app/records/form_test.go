package records_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// Mistakes get a sentence that says what is wrong, and change nothing.
func TestOffice_refusesWithASentence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bare := w.Service(t, w.client, w.product, w.server)
	w.row(t, 77, 5, "A", "old."+forward, "192.0.2.99", "live")
	for _, deed := range []cli.RecordDeed{cli.RecordsPlan, cli.RecordsSync} {
		w.refused(t, cli.RecordOptions{Deed: deed, All: true}, "no DNS zone is configured: add one with", "left behind in zones that were removed, where nobody touches them: 1 record of ours")
	}
	w.refused(t, cli.RecordOptions{Deed: cli.ZoneTest, Zone: 1}, "no DNS zone is configured")
	w.zone(t, forward, "http://192.0.2.1:8081", "k")
	for _, o := range []cli.RecordOptions{{Deed: cli.RecordsPlan}, {Deed: cli.RecordsSync}, {Deed: cli.RecordsRetry}} {
		o.Service = 4711
		w.refused(t, o, "WHMCS has no service 4711")
		o.Service = bare
		w.refused(t, o, fmt.Sprintf("service %d has no VM", bare), "run Create")
	}
	for _, o := range []cli.RecordOptions{{Deed: cli.ZoneTest}, {Deed: cli.ZoneEdit}, {Deed: cli.ZoneDelete, Force: true}, {Deed: cli.RecordsRetry}} {
		o.Zone = 12
		w.refused(t, o, "there is no DNS zone 12; the zones are 1 "+forward)
	}
	if got := w.ledger(t); strings.Count(got, "\n") != 0 {
		t.Errorf("the ledger is\n%s", got)
	}
	if r := w.do(t, cli.RecordOptions{Deed: cli.RecordsPlan, Service: 77}); r.err != nil || !strings.Contains(r.out, "orphan  A  old."+forward) {
		t.Errorf("a service that has only records: %+v", r)
	}
}

// Faults of a zone are named by field; a secret is kept unless another one is given, and never for another server.
func TestOffice_checksWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := func(name string, fields map[string]string, secret *string) cli.ZoneForm {
		return cli.ZoneForm{Name: &name, Type: new("powerdns"), Fields: fields, Secret: secret}
	}
	faults := func(o cli.RecordOptions, want ...string) {
		t.Helper()
		r := w.do(t, o)
		list, ok := errors.AsType[zones.FormErrors](r.err)
		var got []string
		for _, f := range list {
			got = append(got, f.Field)
		}
		if !ok || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v: %v, want faults of %v", o, r.err, want)
		}
	}
	faults(cli.RecordOptions{Deed: cli.ZoneAdd, Form: cli.ZoneForm{Name: new("a b")}}, "type", "zone")
	faults(cli.RecordOptions{Deed: cli.ZoneAdd, Form: form(forward, map[string]string{"sever": "x"}, nil)}, "server", "api_key", "sever")
	at := map[string]string{"server": "http://192.0.2.1:8081"}
	w.must(t, cli.RecordOptions{Deed: cli.ZoneAdd, Form: form(forward, at, new("first-key"))})
	faults(cli.RecordOptions{Deed: cli.ZoneAdd, Form: form(forward, at, new("k"))}, "zone")
	faults(cli.RecordOptions{Deed: cli.ZoneEdit, Zone: 1, Form: cli.ZoneForm{Fields: map[string]string{"server": "http://203.0.113.9:8081"}}}, "api_key")
	r := w.do(t, cli.RecordOptions{Deed: cli.ZoneEdit, Zone: 1, Form: cli.ZoneForm{Fields: map[string]string{"server": ""}}})
	if r.err == nil || !strings.Contains(r.err.Error(), "Server URL is missing") {
		t.Errorf("no server: %v", r.err)
	}
	w.must(t, cli.RecordOptions{Deed: cli.ZoneEdit, Zone: 1, Form: cli.ZoneForm{TTL: new(600), TakeOver: new(true)}})
	z, err := w.book.DNSZone(t.Context(), 1)
	if err != nil || z.TTL != 600 || !z.TakeOver || z.Fields["api_key"] != "first-key" || z.Fields["server"] != at["server"] {
		t.Errorf("zone %+v, %v", z, err)
	}
	w.must(t, cli.RecordOptions{Deed: cli.ZoneEdit, Zone: 1, Form: cli.ZoneForm{Secret: new("second-key")}})
	if z, err = w.book.DNSZone(t.Context(), 1); err != nil || z.Fields["api_key"] != "second-key" || z.TTL != 600 || !z.TakeOver {
		t.Errorf("zone %+v, %v", z, err)
	}
	if log := w.Text(t, "SELECT GROUP_CONCAT(subject ORDER BY id) FROM kvmbridge_outbox WHERE kind = 'activity'"); strings.Count(log, "kvmbridge: the operator ") != 3 || !strings.Contains(log, "API Key: replaced") {
		t.Errorf("the activity log has %s", log)
	}
	// Another type begins anew.
	faults(cli.RecordOptions{Deed: cli.ZoneEdit, Zone: 1, Form: cli.ZoneForm{Type: new("cloudflare")}}, "zone_id", "api_token")
}

// A zone does not silently lead away from what is ours in it; a new key for the same zone leads nowhere else.
func TestOffice_editsNoZoneAwayFromItsRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.zone(t, forward, "http://192.0.2.1:8081", "k")
	w.row(t, 3, 1, "A", "vm-1."+forward, "192.0.2.10", "live")
	away := cli.RecordOptions{Deed: cli.ZoneEdit, Zone: 1, Form: cli.ZoneForm{Fields: map[string]string{"server": "http://192.0.2.2:8081"}, Secret: new("k")}}
	w.refused(t, away, "1 record of ours in zone 1, "+forward+" at PowerDNS http://192.0.2.1:8081, would stay behind", "nothing was changed", "--force")
	w.must(t, cli.RecordOptions{Deed: cli.ZoneEdit, Zone: 1, Form: cli.ZoneForm{Secret: new("new"), TTL: new(900)}})
	away.Force = true
	contains(t, "edit", w.must(t, away), "Zone 1 is "+forward+" at PowerDNS http://192.0.2.2:8081 now.")
}

// The list shows no secret, also not what the reference product or a person left in a URL or in fields that we do not know.
func TestOffice_listsZonesWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if out := w.must(t, cli.RecordOptions{Deed: cli.ZonesList}); !strings.HasPrefix(out, "No DNS zone is configured") {
		t.Errorf("no zones: %q", out)
	}
	if out := w.must(t, cli.RecordOptions{Deed: cli.ZonesList, JSON: true}); out != "[]\n" {
		t.Errorf("no zones as JSON: %q", out)
	}
	w.zone(t, forward, "http://192.0.2.1:8081", "m4rk3r")
	for _, config := range []string{
		`{"server":"https://root:m4rk3r@panel.example.com:8083/?key=m4rk3r","admin":"root","password":"m4rk3r","user":"ada","token":"m4rk3r"}`,
		`{"server":"m4rk3r","admin":"root","password":"sealed:bTRyazNy","user":"ada"}`,
	} {
		w.Exec(t, "INSERT INTO puq_proxmox_kvm_dns_zones (zone, type, ttl, config) VALUES (?, 'hestiacp', 300, ?)", reverse4, config)
	}
	w.Exec(t, "INSERT INTO puq_proxmox_kvm_dns_zones (zone, type, ttl, config) VALUES ('example.org', 'bind', 300, ?)", `{"password":"m4rk3r"}`)
	w.row(t, 3, 1, "A", "vm-1."+forward, "192.0.2.10", "live")
	w.row(t, 3, 1, "A", "vm-2."+forward, "192.0.2.11", "pending_create")
	text, asJSON := w.must(t, cli.RecordOptions{Deed: cli.ZonesList}), w.must(t, cli.RecordOptions{Deed: cli.ZonesList, JSON: true})
	all := text + asJSON + w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan}) + w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan, JSON: true})
	if strings.Contains(all, "m4rk3r") {
		t.Errorf("a secret shows:\n%s", all)
	}
	contains(t, "the list", text, "ID  ZONE", "1   "+forward, "https://panel.example.com:8083/", "zone 3: the saved secret of zone "+reverse4+" cannot be read")
	var list []struct {
		ID                         int64
		Fields                     map[string]string
		Kind, Type, Server         string
		TTL, Live, Pending, Failed int
	}
	if err := json.Unmarshal([]byte(asJSON), &list); err != nil || len(list) != 4 {
		t.Fatalf("%v\n%s", err, asJSON)
	}
	if z := list[0]; z.Fields["api_key"] != zones.Keep || z.Kind != "forward" || z.Type != "powerdns" || z.TTL != 300 || z.Live != 1 || z.Pending != 1 || z.Failed != 0 {
		t.Errorf("first zone %+v", z)
	}
}
