package dns_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// change is what Sets makes of rows that belong to one set.
func change(t *testing.T, rows ...dns.Entry) dns.Change {
	t.Helper()
	batches := dns.Sets(rows, zones(), dns.Settings{})
	if len(batches) != 1 || len(batches[0].Changes) != 1 {
		t.Fatalf("batches %+v, want one change", batches)
	}
	same(t, "the rows of the change", rows, batches[0].Rows[0])
	return batches[0].Changes[0]
}

func TestSets_addsAndRemovesTheRightValues(t *testing.T) {
	t.Parallel()
	x := func(content string) dns.Record { return a("x.example.net", content) }
	for name, c := range map[string]struct {
		rows        []dns.Entry
		add, remove []string
	}{
		"union of what all want":        {[]dns.Entry{row(1, 7, 4, x("192.0.2.1"), ""), row(2, 8, 4, x("192.0.2.2"), "create"), row(3, 9, 4, x("192.0.2.1"), "")}, []string{"192.0.2.1", "192.0.2.2"}, nil},
		"one goes":                      {[]dns.Entry{row(1, 7, 4, x("192.0.2.1"), "delete"), row(2, 8, 4, x("192.0.2.2"), "")}, []string{"192.0.2.2"}, []string{"192.0.2.1"}},
		"the only one goes":             {[]dns.Entry{row(1, 7, 4, x("192.0.2.1"), "delete")}, nil, []string{"192.0.2.1"}},
		"gone for one, wanted by two":   {[]dns.Entry{row(1, 7, 4, x("192.0.2.1"), "delete"), row(2, 8, 4, x("192.0.2.1"), "")}, []string{"192.0.2.1"}, nil},
		"gone for two":                  {[]dns.Entry{row(1, 7, 4, x("192.0.2.1"), "delete"), row(2, 8, 4, x("192.0.2.1"), "delete")}, nil, []string{"192.0.2.1"}},
		"foreign ones are wanted":       {[]dns.Entry{row(1, 7, 4, x("192.0.2.1"), "foreign")}, []string{"192.0.2.1"}, nil},
		"foreign for one, ours for two": {[]dns.Entry{row(1, 7, 4, x("192.0.2.1"), "delete foreign"), row(2, 8, 4, x("192.0.2.1"), "delete"), row(3, 8, 4, x("192.0.2.2"), "delete")}, nil, []string{"192.0.2.2"}},
	} {
		got := change(t, c.rows...)
		same(t, name, dns.Change{Name: "x.example.net", Type: dns.A, TTL: 300, Add: c.add, Remove: c.remove, Owner: got.Owner}, got)
	}
}

func TestSets_neverRemovesWhatIsForeign(t *testing.T) {
	t.Parallel()
	rows := []dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.1"), "foreign delete")}
	same(t, "batches", []dns.Batch(nil), dns.Sets(rows, zones(), dns.Settings{}))
}

func TestSets_thereIsOnePTR(t *testing.T) {
	t.Parallel()
	got := change(t, row(1, 8, 3, ptr(ptr9, "old.example.org"), "delete"), row(2, 7, 3, ptr(ptr9, web), "create"))
	want := dns.Change{Name: ptr9, Type: dns.PTR, TTL: 300, Add: []string{web}, Remove: []string{"old.example.org"}, Sole: true, Owner: "managed-by= vm=7"}
	same(t, "a new owner", want, got)

	got = change(t, row(1, 8, 3, ptr(ptr9, "old.example.org"), ""), row(2, 7, 3, ptr(ptr9, web), ""), row(3, 9, 3, ptr(ptr9, "older.example.org"), "foreign"),
		row(4, 9, 3, ptr(ptr9, "never.example.org"), "create"), row(5, 7, 3, ptr(ptr9, web), ""))
	same(t, "two claim the address: the younger", []string{"never.example.org"}, got.Add)
	same(t, "and what others wrote goes", []string{"old.example.org", web}, got.Remove)
	got = change(t, row(1, 9, 3, ptr(ptr9, "never.example.org"), "create"), row(2, 7, 3, ptr(ptr9, web), ""))
	same(t, "what nobody wrote is not ours to remove", []string(nil), got.Remove)

	open := zones()
	open[2].TakeOver, open[3].TakeOver = true, true
	batches := dns.Sets([]dns.Entry{row(1, 7, 3, ptr(ptr9, web), ""), row(2, 7, 4, a("x.example.net", "192.0.2.1"), "")}, open, dns.Settings{})
	if forward, reverse := batches[0].Changes[0], batches[1].Changes[0]; forward.TakeOver || !reverse.TakeOver {
		t.Errorf("take over: forward %v, reverse %v; only PTR records are taken over", forward.TakeOver, reverse.TakeOver)
	}
}

func TestSets_order(t *testing.T) {
	t.Parallel()
	rows := []dns.Entry{
		row(1, 7, 3, ptr(ptr9, web), ""), row(2, 7, 4, a("x.example.net", "192.0.2.1"), ""), row(3, 7, 2, a(web, "192.0.2.9"), ""),
		row(4, 7, 1, a(web, "192.0.2.9"), ""), row(5, 7, 1, dns.Record{Name: web, Type: dns.AAAA, Content: "2001:db8::1"}, ""),
		row(6, 7, 3, ptr("8.2.0.192.in-addr.arpa", web), ""), row(7, 7, 99, a(web, "192.0.2.9"), ""), row(8, 7, 4, a(web, "192.0.2.9"), ""),
	}
	var got []string
	for _, b := range dns.Sets(rows, zones(), dns.Settings{}) {
		for i, c := range b.Changes {
			got = append(got, strings.Join([]string{string('0' + rune(b.ZoneID)), string(c.Type), c.Name}, " "))
			if len(b.Rows[i]) != 1 || b.Rows[i][0].Name != c.Name || b.Rows[i][0].Type != c.Type {
				t.Errorf("rows of %v: %v", c, b.Rows[i])
			}
		}
	}
	same(t, "forward first, zones by id, rows in turn, none without a zone", []string{
		"1 A " + web, "1 AAAA " + web, "2 A " + web, "4 A x.example.net", "3 PTR " + ptr9, "3 PTR 8.2.0.192.in-addr.arpa",
	}, got)
}

func TestClampTTL_staysWithinLimits(t *testing.T) {
	t.Parallel()
	for in, want := range map[int]int{0: 300, 1: 60, -5: 60, 59: 60, 60: 60, 3600: 3600, 86400: 86400, 86401: 86400} {
		if got := dns.ClampTTL(in); got != want {
			t.Errorf("ClampTTL(%d) = %d, want %d", in, got, want)
		}
	}
	batches := dns.Sets([]dns.Entry{row(1, 7, 3, ptr(ptr9, web), "")}, zones(), dns.Settings{TTL: 7})
	if got := batches[0].Changes[0].TTL; got != 60 {
		t.Errorf("TTL of a change = %d, want it clamped to 60", got)
	}
}

func TestSets_commentFitsEveryProvider(t *testing.T) {
	t.Parallel()
	rows := make([]dns.Entry, 40)
	for i := range rows {
		rows[i] = row(int64(i), int64(1000+i), 4, a("x.example.net", "192.0.2.1"), "")
	}
	for instance, want := range map[string]string{
		"shop-1":                 "managed-by=shop-1 vm=1000,1001,1002,",
		"bö se\n":                "managed-by=bse vm=1000,1001",
		strings.Repeat("x", 200): "managed-by=xxxxxxxxx",
	} {
		got := dns.Sets(rows, zones(), dns.Settings{Instance: instance})[0].Changes[0].Owner
		if !strings.HasPrefix(got, want) || len(got) > 100 || strings.HasSuffix(got, ",") {
			t.Errorf("comment of %q = %q (%d characters), want %q…", instance, got, len(got), want)
		}
	}
}
