package roster

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// slow is a source whose index has one machine more each time it is read.
type slow struct {
	takes time.Duration
	mu    sync.Mutex
	reads int
	err   error
}

func (s *slow) read(context.Context) (*Index, error) {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	s.reads++
	b := NewBuilder()
	for id := range s.reads {
		b.Record(int64(id+1), 0, "ready", nil, nil)
	}
	return b.Index(), nil
}

func (s *slow) fails(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func newShelf(s *slow) *shelf {
	return &shelf{read: s.read, clock: clock.System{}, log: slog.New(slog.DiscardHandler)}
}

// expect asks for the current index: which reading it is of, and how long that took.
func expect(t *testing.T, s *shelf, reading int, took time.Duration) {
	t.Helper()
	began := time.Now()
	x, err := s.current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if x.Len() != reading || time.Since(began) != took {
		t.Errorf("reading %d after %s, want %d after %s", x.Len(), time.Since(began), reading, took)
	}
}

func TestShelf_readsAnewForEverybodyWhileThatIsCheap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(&slow{takes: 49 * time.Millisecond})
		for n := range 3 {
			expect(t, s, n+1, 49*time.Millisecond)
		}
	})
}

func TestShelf_givesOutTheLastWhileADearOneIsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(&slow{takes: 300 * time.Millisecond})
		expect(t, s, 1, 300*time.Millisecond)
		expect(t, s, 1, 0)
		time.Sleep(2600 * time.Millisecond) // 2.9 s after it was begun; 3 s is ten times its cost
		expect(t, s, 1, 0)
		synctest.Wait()
		expect(t, s, 1, 0)
		time.Sleep(100 * time.Millisecond)
		expect(t, s, 1, 0) // this one begins the next
		expect(t, s, 1, 0)
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		expect(t, s, 2, 0)
	})
}

func TestShelf_waitsAfterAChangeOfOurs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(&slow{takes: time.Second})
		expect(t, s, 1, time.Second)
		time.Sleep(10 * time.Second)
		expect(t, s, 1, 0) // begins the second
		synctest.Wait()
		time.Sleep(100 * time.Millisecond)
		s.changed()
		expect(t, s, 3, 1900*time.Millisecond) // the one under way does not know it
		expect(t, s, 3, 0)
	})
}

func TestShelf_isNotShownWhenNobodyLookedForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(&slow{takes: time.Second})
		expect(t, s, 1, time.Second)
		time.Sleep(time.Minute)
		expect(t, s, 2, time.Second)
	})
}

func TestShelf_readsOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &slow{takes: time.Second}
		s := newShelf(source)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { _, _ = s.current(t.Context()) })
		}
		wg.Wait()
		if source.reads > 2 {
			t.Errorf("%d readings for callers of one moment", source.reads)
		}
	})
}

func TestShelf_survivesADatabaseThatIsGoneForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &slow{takes: time.Second}
		s := newShelf(source)
		source.fails(errors.New("the database is gone"))
		if _, err := s.current(t.Context()); err == nil {
			t.Fatal("an index came of no database")
		}
		source.fails(nil)
		expect(t, s, 1, time.Second)
		source.fails(errors.New("the database is gone"))
		time.Sleep(20 * time.Second)
		expect(t, s, 1, 0)
		time.Sleep(2 * time.Second)
		expect(t, s, 1, 0)
		time.Sleep(time.Minute)
		if _, err := s.current(t.Context()); err == nil {
			t.Error("an index older than a minute is shown")
		}
		source.fails(nil)
		expect(t, s, 2, time.Second)
	})
}

func TestShelf_goesOnReadingForOthersWhenOneGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(&slow{takes: time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := s.current(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v, want that of the caller's context", err)
		}
		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		expect(t, s, 1, 0)
	})
}

func TestShelf_preparesTheOrdersThatWereAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(&slow{takes: time.Second})
		x, err := s.current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x.Select(Query{Sort: ByClient})
		s.changed()
		if x, err = s.current(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, made := x.orders[ByClient]; !made || len(x.orders) != 1 {
			t.Errorf("the next index has %d orders, want that by client", len(x.orders))
		}
	})
}
