package machines_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// named has a zone and, of the first machine, records of every standing.
func named(t *testing.T) installation {
	t.Helper()
	i := newInstallation(t)
	_, err := i.names.SaveDNSZone(t.Context(), zones.Zone{Name: "example.com", Provider: "powerdns", TTL: 300, Fields: map[string]string{"server": "http://192.0.2.1:8081", "api_key": "m4rk3r"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		zone        int64
		value       string
		state       dns.State
		ours        bool
		fault, next any
	}{
		{1, "192.0.2.10", dns.Live, true, nil, nil},
		{1, "192.0.2.11", dns.Live, false, nil, nil},
		{1, "192.0.2.12", dns.PendingCreate, true, "PowerDNS answers 401", "2031-01-02 03:04:05"},
		{9, "192.0.2.13", dns.PendingDelete, true, "the zone's entry was removed", nil},
	} {
		i.Exec(t, `INSERT INTO kvmbridge_dns_records (service_id, zone_id, name, type, content, state, ours, tried, last_error, due_at, changed_at)
			VALUES (?, ?, 'twin.example.com', 'A', ?, ?, ?, 1, ?, ?, UTC_TIMESTAMP(6))`, i.first, r.zone, r.value, string(r.state), r.ours, r.fault, r.next)
	}
	return i
}

func TestOffice_showsDNSRecords(t *testing.T) {
	t.Parallel()
	i := named(t)
	ask := cli.MachineOptions{Deed: cli.DeedShow, Text: text(i.first), Service: true}
	out, err := i.ask(t, ask)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"DNS        A twin.example.com 192.0.2.10 in example.com: live\n",
		"           A twin.example.com 192.0.2.11 in example.com: live, was there before us\n",
		"           A twin.example.com 192.0.2.12 in example.com: has to be written; last error: PowerDNS answers 401; next try 2031-01-02 03:04:05 UTC\n",
		"           A twin.example.com 192.0.2.13 in zone 9 (removed): has to go; last error: the zone's entry was removed\n",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("show lacks %q:\n%s", line, out)
		}
	}
	ask.JSON = true
	out, err = i.ask(t, ask)
	var got struct {
		DNS []struct {
			ZoneID                  int64 `json:"zone_id"`
			Zone, Type, Name, Value string
			State                   string
			Ours                    bool
			LastError               string `json:"last_error"`
			NextTry                 string `json:"next_try"`
		}
	}
	if wrong := json.Unmarshal([]byte(out), &got); err != nil || wrong != nil {
		t.Fatal(err, wrong)
	}
	want := "[{1 example.com A twin.example.com 192.0.2.10 live true  } {1 example.com A twin.example.com 192.0.2.11 live false  } " +
		"{1 example.com A twin.example.com 192.0.2.12 pending_create true PowerDNS answers 401 2031-01-02T03:04:05Z} " +
		"{9  A twin.example.com 192.0.2.13 pending_delete true the zone's entry was removed }]"
	if fmt.Sprint(got.DNS) != want {
		t.Errorf("records %v\nwant %s", got.DNS, want)
	}
	ask.Text = text(i.second)
	if out, err = i.ask(t, ask); err != nil || !strings.Contains(out, `"dns": []`) {
		t.Errorf("a machine without records: %v\n%s", err, out)
	}
}

// With the record of a machine go its DNS records, of which a running sidecar is told by the ledger.
func TestOffice_ordersRecordsOfADeletedMachineToGo(t *testing.T) {
	t.Parallel()
	i := named(t)
	if err := i.store.Move(t.Context(), i.first, vm.Removed); err != nil {
		t.Fatal(err)
	}
	out, err := i.ask(t, cli.MachineOptions{Deed: cli.DeedDeleteRecord, Text: text(i.first), Service: true})
	if err != nil || !strings.Contains(out, "Its DNS records are ordered to go (3)") {
		t.Errorf("delete-record: %v\n%s", err, out)
	}
	got := i.Text(t, "SELECT GROUP_CONCAT(content, ' ', state, ' ', due_at IS NOT NULL AND due_at <= UTC_TIMESTAMP(6) ORDER BY id) FROM kvmbridge_dns_records")
	if want := "192.0.2.10 pending_delete 1,192.0.2.12 pending_delete 1,192.0.2.13 pending_delete 0"; got != want {
		t.Errorf("the ledger has %s, want %s", got, want)
	}
}
