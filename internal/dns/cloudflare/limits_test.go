package cloudflare_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/cloudflare"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/cffake"
)

const tooMany = `{"success":false,"errors":[{"code":971,"message":"Please wait and consider throttling your request speed"}]}`

// The rest of C13: one token has one limit, whatever zone it is used for.
func TestC13_limit_isSharedByTheZonesOfOneToken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token string
		later bool
	}{"the same token": {marker, true}, "another token": {"another-SECRET_token-0123456789abcdef012", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, nil)
			l.fake.AddToken(cffake.Token{Value: tc.token, Rights: map[string]cffake.Right{forward: cffake.Edit, reverse: cffake.Edit}})
			l.fake.Fail(cffake.Fault{Path: forward, Times: 1, Status: 429, Header: http.Header{"Retry-After": {"120"}}, Body: tooMany})
			wantLater(t, l.apply(l.zone(nil), set(vm, dns.A, "192.0.2.10"))[0], 120*time.Second)
			l.fake.Forget()
			z := l.zone(func(c *cloudflare.Config) { toReverse(c); c.Token = tc.token })
			r := l.apply(z, set("10.2.0.192.in-addr.arpa", dns.PTR, "vm1.example.org"))[0]
			if !tc.later {
				if r.Err != nil {
					t.Errorf("%+v, want written", r)
				}
				return
			}
			wantLater(t, r, 120*time.Second)
			if calls := l.fake.Calls(); len(calls) > 0 {
				t.Errorf("%d calls while the token was blocked", len(calls))
			}
		})
	}
}

// wantLater wants an error that asks for about so long a pause.
func wantLater(t *testing.T, r dns.Result, about time.Duration) {
	t.Helper()
	var later *dns.LaterError
	if !errors.As(r.Err, &later) || dns.Lasting(r.Err) || later.After > about || later.After < about-10*time.Second {
		t.Fatalf("%+v (%+v), want to be asked for a pause of %s", r, later, about)
	}
}

func TestLimit_withoutRetryAfter_isFiveMinutes(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Fail(cffake.Fault{Times: 1, Status: 429, Body: "busy"})
	wantLater(t, l.apply(l.zone(nil), set(vm, dns.A, "192.0.2.10"))[0], 5*time.Minute)
}

func TestLimit_thatOutlastsTheContext_isLeftToLater(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Fail(cffake.Fault{Times: 1, Status: 429, Header: http.Header{"Retry-After": {"20"}}, Body: tooMany})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	began := time.Now()
	wantLater(t, l.zone(nil).Apply(ctx, []dns.Change{set(vm, dns.A, "192.0.2.10")})[0], 20*time.Second)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s to say so", took)
	}
}

func TestLimit_thatIsUsedUp_stopsCallsBeforeTheyAreRefused(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.SetLimit(cffake.Limit{Calls: 2, Per: 90 * time.Second, Block: 5 * time.Minute})
	wantLater(t, l.apply(l.zone(nil), set(vm, dns.A, "192.0.2.10"))[0], 90*time.Second)
	for _, c := range l.fake.Calls() {
		if c.Status == http.StatusTooManyRequests {
			t.Errorf("%s %s was one too many", c.Method, c.Path)
		}
	}
}

// A thousand guests at once meet the real limit, on a clock 2,000 times as fast.
func TestPace_keepsBelowTheRealLimit(t *testing.T) {
	t.Parallel()
	hurried := clock.NewScaled(2000)
	l := open(t, func(c *cffake.Config) { c.Clock = hurried })
	l.limited(cloudflare.Limits{Clock: hurried, Patience: 24 * time.Hour})
	z := l.zone(nil)
	began := hurried.Now()
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			for j := range 70 {
				if r := l.apply(z, set(fmt.Sprintf("vm%d-%d.example.org", i, j), dns.A, "192.0.2.10"))[0]; r.Err != nil {
					t.Error(r.Err)
					return
				}
			}
		})
	}
	wg.Wait()
	calls := l.fake.Calls()
	if len(calls) < 1400 || hurried.Now().Sub(began) < 5*time.Minute {
		t.Errorf("%d calls in %s; the limit was not met", len(calls), hurried.Now().Sub(began))
	}
	for _, c := range calls {
		if c.Status == http.StatusTooManyRequests {
			t.Fatal("a call was refused for the rate limit")
		}
	}
}

func TestTurn_oneWriterPerZone(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.AddToken(cffake.Token{Value: "another-SECRET_token-0123456789abcdef012", Rights: map[string]cffake.Right{forward: cffake.Edit}})
	l.fake.Fail(cffake.Fault{Path: forward + "/dns_records", Delay: 10 * time.Millisecond})
	var wg sync.WaitGroup
	for i := range 6 {
		z := l.zone(func(c *cloudflare.Config) {
			if i%2 == 1 {
				c.Token = "another-SECRET_token-0123456789abcdef012"
			}
		})
		wg.Go(func() { l.apply(z, set(fmt.Sprintf("vm%d.example.org", i), dns.A, "192.0.2.10")) })
	}
	wg.Wait()
	// Every look is followed by the write of the same client.
	for i, call := range l.calls() {
		if want := []string{"GET", "POST"}[i%2]; call != want {
			t.Fatalf("calls %q mix the turns", l.calls())
		}
	}
}
