package roster_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/roster"
)

func TestEach_doesEveryServiceOnceAFewAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most, calls atomic.Int32
		out := roster.Each(t.Context(), []int64{5, 3, 5, 8, 1, 9, 2, 4, 3}, func(_ context.Context, id int64) error {
			calls.Add(1)
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			running.Add(-1)
			if id == 8 {
				return fmt.Errorf("service %d", id)
			}
			return nil
		})
		var got []string
		for _, o := range out {
			got = append(got, fmt.Sprint(o.ServiceID, o.Err))
		}
		want := []string{"5 <nil>", "3 <nil>", "8 service 8", "1 <nil>", "9 <nil>", "2 <nil>", "4 <nil>"}
		if d := cmp.Diff(want, got); d != "" || calls.Load() != 7 || most.Load() != 4 {
			t.Errorf("%d calls, %d at once (-want +got):\n%s", calls.Load(), most.Load(), d)
		}
	})
}

func TestEach_stopsWithItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, o := range roster.Each(ctx, []int64{1, 2}, func(context.Context, int64) error { t.Error("done all the same"); return nil }) {
		if o.Err == nil {
			t.Errorf("service %d was done", o.ServiceID)
		}
	}
}
