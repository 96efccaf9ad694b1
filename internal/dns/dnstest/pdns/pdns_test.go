package pdns_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
)

func start(t *testing.T) *pdns.Server {
	t.Helper()
	s, err := pdns.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func put(name string, values ...string) pdns.Set {
	set := pdns.Set{Name: name + ".", Type: "A", TTL: 300, ChangeType: "REPLACE"}
	for _, v := range values {
		set.Records = append(set.Records, pdns.Record{Content: v})
	}
	return set
}

func TestServer_servesWhatTheAPIWrites(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	if err := s.CreateZone(ctx, "example.org", "Native"); err != nil {
		t.Fatal(err)
	}
	if err := s.Patch(ctx, "example.org", put("vm1.example.org", "192.0.2.10", "192.0.2.11")); err != nil {
		t.Fatal(err)
	}
	ask := func(name string) []string {
		got, err := pdns.Query(ctx, s.DNS, name, dnsmessage.TypeA)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		return got
	}
	if got := ask("vm1.example.org"); !slices.Equal(got, []string{"192.0.2.10", "192.0.2.11"}) {
		t.Errorf("served %q", got)
	}
	if got := ask("vm2.example.org"); len(got) != 0 {
		t.Errorf("served %q for a name that is not there", got)
	}
	s.Kill()
	if err := s.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if got := ask("vm1.example.org"); len(got) != 2 {
		t.Errorf("served %q after a restart", got)
	}
	s.Stop()
	s.Stop()
}

// The watcher is what a figure rests on: it must see a gap.
func TestWatch_seesAGap(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	if err := s.CreateZone(ctx, "example.org", "Native"); err != nil {
		t.Fatal(err)
	}
	if err := s.Patch(ctx, "example.org", put("vm1.example.org", "192.0.2.10")); err != nil {
		t.Fatal(err)
	}
	watched, end := context.WithCancel(ctx)
	done := make(chan pdns.Sightings)
	names := []pdns.Watched{{Name: "vm1.example.org", Type: dnsmessage.TypeA, Value: "192.0.2.10"}}
	go func() { done <- pdns.Watch(watched, s.DNS, 200, names) }()
	time.Sleep(100 * time.Millisecond)
	for _, value := range []string{"192.0.2.11", "192.0.2.10"} {
		if err := s.Patch(ctx, "example.org", put("vm1.example.org", value)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	end()
	if got := <-done; got.Err != nil || got.Missing < 5 || got.Missing > got.Asked-5 {
		t.Errorf("%+v, want about 40 of 100 missing", got)
	}
}
