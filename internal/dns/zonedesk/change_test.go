package zonedesk_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// Every change stands in the activity log with its author and what was before, and no secret does.
func TestDesk_logsEveryChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	z := w.add(t, "example.org")
	w.logged(t, "kvmbridge: admin 3 added DNS zone 1, example.org: Zone: example.org; Type: PowerDNS; TTL: 300; Take over reverse records of others: no; Server URL: http://192.0.2.1:8081; API Key: set")
	edit := func(fill func(zones.Zone) zones.Zone) {
		t.Helper()
		r, err := w.desk.Edit(t.Context(), zonedesk.Edit{ID: z.ID, By: admin, Fill: fill})
		quiet(t, r, err)
		if err != nil {
			t.Fatal(err)
		}
	}
	edit(func(z zones.Zone) zones.Zone { z.TTL, z.TakeOver = 600, true; return z })
	w.logged(t, "kvmbridge: admin 3 changed DNS zone 1, example.org: TTL: 300 -> 600; Take over reverse records of others: no -> yes")
	edit(func(z zones.Zone) zones.Zone {
		z.Fields["server"], z.Fields["api_key"] = "http://192.0.2.2:8081/api/v1/", "n3w-s3cret"
		return z
	})
	w.logged(t, "kvmbridge: admin 3 changed DNS zone 1, example.org: Server URL: http://192.0.2.1:8081 -> http://192.0.2.2:8081; API Key: replaced")
	edit(func(z zones.Zone) zones.Zone { return z })
	w.logged(t, "kvmbridge: admin 3 saved DNS zone 1, example.org, with nothing changed")
	edit(func(z zones.Zone) zones.Zone {
		z.Provider, z.Fields = "cloudflare", map[string]string{"zone_id": strings.Repeat("a", 32), "api_token": "t-s3cret"}
		return z
	})
	w.logged(t, "kvmbridge: admin 3 changed DNS zone 1, example.org: Type: PowerDNS -> Cloudflare; Zone ID: none -> "+strings.Repeat("a", 32)+
		"; API Token: none -> set; Server URL: http://192.0.2.2:8081 -> none; API Key: set -> none")
	w.row(t, 7, z.ID, "vm-1.example.org", "192.0.2.10", "live", "")
	r, err := w.desk.Delete(t.Context(), zonedesk.Delete{ID: z.ID, Anyway: true, By: admin})
	if quiet(t, r); err != nil || r.Behind != 1 {
		t.Fatalf("deleted %+v, %v", r, err)
	}
	w.logged(t, "kvmbridge: admin 3 deleted DNS zone 1, example.org. It was: Zone: example.org; Type: Cloudflare; TTL: 600; Take over reverse records of others: yes; Zone ID: "+
		strings.Repeat("a", 32)+"; API Token: set. Left behind at Cloudflare zone id "+strings.Repeat("a", 32)+": 1 record of ours")
	if n := w.woken.Load(); n != 6 {
		t.Errorf("woken %d times, want after each of 6 changes", n)
	}
}

// What is refused changes nothing and leaves no line.
func TestDesk_refusesWithoutATrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	z := w.add(t, "example.org")
	w.row(t, 7, z.ID, "vm-1.example.org", "192.0.2.10", "live", "")
	w.entries(t)
	ctx := t.Context()
	edit := func(e zonedesk.Edit) error { _, err := w.desk.Edit(ctx, e); return err }
	add := func(z zones.Zone) error { _, err := w.desk.Add(ctx, admin, z); return err }
	remove := func(o zonedesk.Delete) error { _, err := w.desk.Delete(ctx, o); return err }
	for what, c := range map[string]struct {
		err  error
		text string
	}{
		"a wrong field":              {add(power("a b", home, key)), "letters, digits"},
		"a twin":                     {add(power("Example.ORG.", home, key)), "Zone 1 already is example.org"},
		"an edit without a server":   {edit(to(z.ID, z.Revision, "server", "")), "Server URL is missing."},
		"a secret for elsewhere":     {edit(to(z.ID, z.Revision, "server", "http://203.0.113.9:8081")), "entered again"},
		"an edit of no zone":         {edit(to(9, "", "server", home)), "there is no DNS zone 9; the zones are 1 example.org"},
		"a deletion of no zone":      {remove(zonedesk.Delete{ID: 9}), "there is no DNS zone 9"},
		"an edit of an old state":    {edit(to(z.ID, "0123", "server", home)), zonedesk.ErrChanged.Error()},
		"a deletion of an old state": {remove(zonedesk.Delete{ID: z.ID, Revision: "0123", Anyway: true}), zonedesk.ErrChanged.Error()},
		"a deletion with records":    {remove(zonedesk.Delete{ID: z.ID}), "1 record of ours would stay behind in example.org at PowerDNS http://192.0.2.1:8081"},
		"a move with records": {
			edit(zonedesk.Edit{ID: z.ID, Fill: func(zones.Zone) zones.Zone { return power("example.org", "http://192.0.2.2:8081", "o-s3cret") }}),
			"1 record of ours would stay behind",
		},
	} {
		quiet(t, c.err)
		if c.err == nil || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: %v, want %q", what, c.err, c.text)
		}
	}
	if now := w.zone(t, z.ID); now.Revision != z.Revision || w.Text(t, "SELECT COUNT(*) FROM puq_proxmox_kvm_dns_zones") != "1" {
		t.Errorf("the zone is %+v now, was %+v", now, z)
	}
	w.logged(t, "")
}

// A refusal because of records says what it is about, in types.
func TestDesk_saysWhatWouldStayBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	z := w.add(t, "example.org")
	for i := range 3 {
		w.row(t, 7, z.ID, fmt.Sprintf("vm-%d.example.org", i), "192.0.2.10", "live", "")
	}
	e := zonedesk.Edit{ID: z.ID, By: admin, Fill: func(zones.Zone) zones.Zone { return power("example.org", "http://192.0.2.2:8081", key) }}
	_, err := w.desk.Edit(t.Context(), e)
	behind, ok := errors.AsType[*zonedesk.BehindError](err)
	if !ok || behind.Records != 3 || behind.Zone.Server() != home || behind.Wanted.Server() != "http://192.0.2.2:8081" {
		t.Fatalf("refused with %+v (%v)", behind, err)
	}
	quiet(t, *behind, *behind.Wanted)
	e.Anyway = true
	r, err := w.desk.Edit(t.Context(), e)
	if err != nil || r.Zone.Server() != "http://192.0.2.2:8081" {
		t.Errorf("forced: %+v, %v", r, err)
	}
	// A new token for the same zone leads nowhere else.
	if _, err := w.desk.Edit(t.Context(), to(z.ID, "", "api_key", "another")); err != nil {
		t.Errorf("a new key: %v", err)
	}
}

// Whatever is saved, and by whomever, makes another revision.
func TestDesk_noticesEveryChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	z := w.add(t, "example.org")
	seen := map[string]string{z.Revision: "the first"}
	for what, change := range map[string]func(){
		"another TTL": func() { w.Exec(t, "UPDATE puq_proxmox_kvm_dns_zones SET ttl = 777") },
		"another program's key": func() {
			w.Exec(t, `UPDATE puq_proxmox_kvm_dns_zones SET config = '{"server":"http://192.0.2.1:8081","api_key":"plain"}'`)
		},
		"another secret":        func() { w.change(t, to(z.ID, "", "api_key", "another")) },
		"the same secret again": func() { w.change(t, to(z.ID, "", "api_key", "another")) },
		"another name":          func() { w.Exec(t, "UPDATE puq_proxmox_kvm_dns_zones SET zone = 'Example.org'") },
	} {
		change()
		now := w.zone(t, z.ID)
		if former, twice := seen[now.Revision]; twice || now.Revision == "" {
			t.Errorf("%s has the revision of %s, %q", what, former, now.Revision)
		}
		if seen[now.Revision] = what; w.zone(t, z.ID).Revision != now.Revision {
			t.Errorf("two looks after %s differ", what)
		}
		if _, err := w.desk.Edit(t.Context(), to(z.ID, z.Revision, "server", home)); !errors.Is(err, zonedesk.ErrChanged) {
			t.Errorf("an edit of the first state after %s: %v", what, err)
		}
	}
}

func (w world) change(t *testing.T, e zonedesk.Edit) {
	t.Helper()
	if _, err := w.desk.Edit(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// Of people who do the same at the same time one is first, and the others learn of it.
func TestDesk_oneOfManyIsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mine, others atomic.Int32
	atOnce := func(do func(i int) error, late func(error) bool) {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				switch err := do(i); {
				case err == nil:
					mine.Add(1)
				case late(err):
					others.Add(1)
				default:
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if m, o := mine.Swap(0), others.Swap(0); m != 1 || o != 7 {
			t.Errorf("%d succeeded and %d were late, want 1 and 7", m, o)
		}
	}
	atOnce(func(int) error { _, err := w.desk.Add(t.Context(), admin, power("example.org", home, key)); return err },
		func(err error) bool { return strings.Contains(err.Error(), "already is example.org") })
	z := w.zone(t, 1)
	atOnce(func(i int) error {
		_, err := w.desk.Edit(t.Context(), to(z.ID, z.Revision, "api_key", fmt.Sprint("key", i)))
		return err
	}, func(err error) bool { return errors.Is(err, zonedesk.ErrChanged) })
	atOnce(func(int) error { _, err := w.desk.Delete(t.Context(), zonedesk.Delete{ID: 1, By: admin}); return err },
		func(err error) bool { _, ok := errors.AsType[*zonedesk.NoZoneError](err); return ok })
	if n := strings.Count(w.entries(t), "\n"); n != 2 {
		t.Errorf("%d line breaks in the log, want 3 lines", n)
	}
}
