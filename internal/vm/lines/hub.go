package lines

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Hub hands lines on to whoever looks on at present. Nobody who reads slowly holds up the work.
type Hub struct {
	// Out gets everything as well; nil = nobody.
	Out io.Writer

	mu       sync.Mutex
	watchers map[*watcher]struct{}
}

// waiting is how many lines may wait for one reader; what comes then is left out, and counted.
const waiting = 4096

type watcher struct {
	lines chan string
	lost  int
}

// Write implements io.Writer for whole lines.
func (h *Hub) Write(text []byte) (int, error) {
	if h.Out != nil {
		_, _ = h.Out.Write(text)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		w.take(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
	}
	return len(text), nil
}

func (w *watcher) take(lines []string) {
	for _, line := range lines {
		select {
		case w.lines <- line:
		default:
			w.lost++
		}
	}
}

// Follow says every line from now on, until stop is called, which returns when all of them have been said; it may be called
// twice.
func (h *Hub) Follow(say func(line string)) (stop func()) {
	w := &watcher{lines: make(chan string, waiting)}
	h.mu.Lock()
	if h.watchers == nil {
		h.watchers = map[*watcher]struct{}{}
	}
	h.watchers[w] = struct{}{}
	h.mu.Unlock()
	var telling sync.WaitGroup
	telling.Go(func() {
		for line := range w.lines {
			say(line)
		}
	})
	return sync.OnceFunc(func() {
		h.mu.Lock()
		delete(h.watchers, w)
		h.mu.Unlock()
		close(w.lines)
		telling.Wait()
		if w.lost > 0 {
			say(fmt.Sprintf("... and %d lines that came faster than they could be printed", w.lost))
		}
	})
}
