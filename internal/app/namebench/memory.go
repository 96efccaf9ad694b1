package namebench

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// watch follows the memory of this process.
type watch struct {
	stop   chan struct{}
	wg     sync.WaitGroup
	before uint64
	most   uint64
}

// watchMemory begins with a heap that has given back what it can.
func watchMemory() *watch {
	debug.FreeOSMemory()
	w := &watch{stop: make(chan struct{}), before: held()}
	w.most = w.before
	w.wg.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-tick.C:
				w.most = max(w.most, held())
			}
		}
	})
	return w
}

// end is how much more there was at the worst moment, in bytes.
func (w *watch) end() int64 {
	close(w.stop)
	w.wg.Wait()
	return int64(w.most - w.before) //nolint:gosec // far below its limit, and never negative
}

// held is what the Go runtime has of the operating system.
func held() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
