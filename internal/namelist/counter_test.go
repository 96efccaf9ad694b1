package namelist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kvmbridge/kvmbridge/bridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hand is a clock that a test moves.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func newHand() *hand { return &hand{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) After(time.Duration) <-chan time.Time { return nil }

func (h *hand) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// rows is a source that a test changes.
type rows struct {
	mu      sync.Mutex
	text    [][2]string
	mark    string // of Mark and Read
	settled bool
	err     error // of Mark
	broken  error // of Read, after the rows
	hold    chan struct{}
	reads   atomic.Int32
	looks   atomic.Int32
}

func (r *rows) Mark(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks.Add(1)
	return r.mark, r.err
}

func (r *rows) Read(ctx context.Context, each func(int64, []byte, []byte) error) (string, error) {
	r.reads.Add(1)
	if r.hold != nil {
		<-r.hold
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, row := range r.text {
		if err := errors.Join(each(int64(i+1), []byte(row[0]), []byte(row[1])), ctx.Err()); err != nil {
			return "", err
		}
	}
	if !r.settled {
		return "", r.broken
	}
	return r.mark, r.broken
}

func (r *rows) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

type settings map[string]string

func (s settings) AddonSettings(context.Context) (map[string]string, error) {
	if s == nil {
		return nil, errors.New("the database is away")
	}
	return s, nil
}

const open = "192.0.2.1"

func oneRow() *rows {
	return &rows{text: [][2]string{{"vm.example.org", `{"192.0.2.10":"a.example.org","192.0.2.11":"b.example.org"}`}}, mark: "m", settled: true}
}

const oneList = `[{"forward":"vm.example.org","ip":"192.0.2.10","reverse":"a.example.org"},{"forward":"vm.example.org","ip":"192.0.2.11","reverse":"b.example.org"}]`

func counterOf(r *rows, s settings, h *hand) *Counter {
	log := slog.New(slog.DiscardHandler)
	return NewCounter(NewList(r, h, log), s, h, log)
}

func ask(t *testing.T, c *Counter, args bridge.NameListArgs) bridge.NameListAnswer {
	t.Helper()
	if args.Method == "" {
		args.Method = http.MethodGet
	}
	if args.Address == "" {
		args.Address = open
	}
	a, err := c.Ask(t.Context(), args)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func bodyOf(t *testing.T, a bridge.NameListAnswer) string {
	t.Helper()
	var out bytes.Buffer
	if a.Status != http.StatusOK || a.Copy == nil {
		t.Fatalf("answer %d %s carries no list", a.Status, a.Why)
	}
	if err := a.Copy(&out); err != nil {
		t.Fatal(err)
	}
	if int64(out.Len()) != a.Size {
		t.Errorf("the list has %d bytes, announced were %d", out.Len(), a.Size)
	}
	return out.String()
}

func TestCounter_letsInWhomTheSettingsName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		addresses, token string
		args             bridge.NameListArgs
		status           int
		says             string
	}{
		"nothing set":                 {"", "", bridge.NameListArgs{}, 403, `"dns.php: addresses"`},
		"the address":                 {open, "", bridge.NameListArgs{}, 200, ""},
		"another address":             {"192.0.2.2", "", bridge.NameListArgs{}, 403, "192.0.2.1 may not read"},
		"one of several":              {"198.51.100.0/24;\n 192.0.2.1,2001:db8::/32", "", bridge.NameListArgs{}, 200, ""},
		"in the network":              {"192.0.2.128/24", "", bridge.NameListArgs{}, 200, ""},
		"beside the network":          {"192.0.2.128/25", "", bridge.NameListArgs{}, 403, "may not"},
		"IPv6 in the network":         {"2001:db8::/32", "", bridge.NameListArgs{Address: "2001:db8:1::5"}, 200, ""},
		"IPv4 on an IPv6 socket":      {open, "", bridge.NameListArgs{Address: "::ffff:192.0.2.1"}, 200, ""},
		"IPv4 entered as IPv6":        {"::ffff:192.0.2.0/120", "", bridge.NameListArgs{}, 200, ""},
		"with an interface":           {"fe80::1", "", bridge.NameListArgs{Address: "fe80::1%eth0"}, 200, ""},
		"a misspelt setting":          {"192.0.2.300 everybody 192.0.2.1/99", "", bridge.NameListArgs{}, 403, "may not"},
		"an unknown caller":           {"0.0.0.0/0 ::/0", "", bridge.NameListArgs{Address: "unix:"}, 403, "of the caller"},
		"the token":                   {"", "s3cret", bridge.NameListArgs{Token: "s3cret"}, 200, ""},
		"the token as a header":       {"", "s3cret", bridge.NameListArgs{Authorization: "bearer s3cret"}, 200, ""},
		"no token":                    {"", "s3cret", bridge.NameListArgs{}, 401, `"Authorization: Bearer TOKEN"`},
		"a wrong token":               {"", "s3cret", bridge.NameListArgs{Token: "s3cre"}, 401, "token"},
		"a longer token":              {"", "s3cret", bridge.NameListArgs{Token: "s3crets"}, 401, "token"},
		"a password":                  {"", "s3cret", bridge.NameListArgs{Authorization: "Basic s3cret"}, 401, "token"},
		"both":                        {open, "s3cret", bridge.NameListArgs{Token: "s3cret"}, 200, ""},
		"the address without token":   {open, "s3cret", bridge.NameListArgs{}, 401, "token"},
		"the token from elsewhere":    {"192.0.2.2", "s3cret", bridge.NameListArgs{Token: "s3cret"}, 403, "may not"},
		"POST":                        {open, "", bridge.NameListArgs{Method: "POST"}, 405, "GET or HEAD"},
		"DELETE":                      {open, "", bridge.NameListArgs{Method: "DELETE"}, 405, "GET or HEAD"},
		"a method of somebody's own":  {open, "", bridge.NameListArgs{Method: "get"}, 405, "GET or HEAD"},
		"an unknown caller and token": {"", "s3cret", bridge.NameListArgs{Address: "unix:", Token: "s3cret"}, 200, ""},
	} {
		r := oneRow()
		a := ask(t, counterOf(r, settings{settingAddresses: c.addresses, settingToken: c.token}, newHand()), c.args)
		if a.Status != c.status || !strings.Contains(a.Why, c.says) || strings.Contains(a.Why, "s3cret") {
			t.Errorf("%s: answer %d %q, want %d with %q", name, a.Status, a.Why, c.status, c.says)
		}
		if read := r.reads.Load() > 0; read != (c.status == 200) {
			t.Errorf("%s: the database was read: %t", name, read)
		}
	}
}

func TestCounter_givesTheListAndItsHead(t *testing.T) {
	t.Parallel()
	c := counterOf(oneRow(), settings{settingAddresses: open}, newHand())
	a := ask(t, c, bridge.NameListArgs{})
	if got := bodyOf(t, a); got != oneList {
		t.Errorf("list:\n%s\nwant\n%s", got, oneList)
	}
	head := ask(t, c, bridge.NameListArgs{Method: http.MethodHead})
	if head.Status != 200 || head.Copy != nil || head.ETag != a.ETag {
		t.Errorf("HEAD = %+v, want no body and ETag %s", head, a.ETag)
	}
}

func TestCounter_saysWhenNothingHasChanged(t *testing.T) {
	t.Parallel()
	r := oneRow()
	c := counterOf(r, settings{settingAddresses: open}, newHand())
	etag := ask(t, c, bridge.NameListArgs{}).ETag
	inner := strings.Trim(etag, `"`)
	for header, status := range map[string]int{
		etag: 304, "W/" + etag: 304, `"x", ` + etag: 304, "*": 304, `"` + inner + `-gzip"`: 304,
		"": 200, `"x"`: 200, inner: 200, `"` + inner[:31] + `"`: 200, `"` + inner: 200,
	} {
		if a := ask(t, counterOf(r, settings{settingAddresses: open}, newHand()), bridge.NameListArgs{IfNoneMatch: header}); a.Status != status {
			t.Errorf("If-None-Match: %s gives %d, want %d", header, a.Status, status)
		}
	}
	r.set(func() { r.text[0][0], r.mark = "other.example.org", "m2" })
	if a := ask(t, c, bridge.NameListArgs{IfNoneMatch: etag}); a.Status != 200 || a.ETag == etag {
		t.Errorf("after a change: %d with ETag %s", a.Status, a.ETag)
	}
}

func TestCounter_givesNoListWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*rows){
		"before it is looked at": func(r *rows) { r.err = errors.New("gone") },
		"half-way":               func(r *rows) { r.mark, r.broken = "m2", errors.New("gone") },
	} {
		r := oneRow()
		c := counterOf(r, settings{settingAddresses: open}, newHand())
		etag := ask(t, c, bridge.NameListArgs{}).ETag
		r.set(func() { change(r) })
		if a, err := c.Ask(t.Context(), bridge.NameListArgs{Address: open, Method: "GET", IfNoneMatch: etag}); err == nil {
			t.Errorf("%s: answer %+v", name, a)
		}
		r.set(func() { r.err, r.broken = nil, nil })
		if got := bodyOf(t, ask(t, c, bridge.NameListArgs{})); got != oneList {
			t.Errorf("%s: afterwards the list is %s", name, got)
		}
	}
	if a, err := counterOf(oneRow(), nil, newHand()).Ask(t.Context(), bridge.NameListArgs{Address: open, Method: "GET"}); err == nil {
		t.Errorf("without settings: %+v", a)
	}
}

func TestCounter_slowsEachClientByItself(t *testing.T) {
	t.Parallel()
	h := newHand()
	c := counterOf(oneRow(), settings{settingAddresses: "192.0.2.0/24 2001:db8::/32"}, h)
	for range atOnce {
		if a := ask(t, c, bridge.NameListArgs{}); a.Status != 200 {
			t.Fatalf("answer %d %s", a.Status, a.Why)
		}
	}
	a := ask(t, c, bridge.NameListArgs{})
	if a.Status != 429 || a.RetryAfter < 1 || a.RetryAfter > 2 {
		t.Errorf("one more: %d, again after %d s", a.Status, a.RetryAfter)
	}
	if a := ask(t, c, bridge.NameListArgs{Address: "192.0.2.7"}); a.Status != 200 {
		t.Errorf("another client: %d %s", a.Status, a.Why)
	}
	h.pass(pace)
	if a := ask(t, c, bridge.NameListArgs{}); a.Status != 200 {
		t.Errorf("a moment later: %d %s", a.Status, a.Why)
	}
	if a := ask(t, c, bridge.NameListArgs{}); a.Status != 429 {
		t.Errorf("a refused request counted as none: %d", a.Status)
	}
	for i := range atOnce + 1 {
		a = ask(t, c, bridge.NameListArgs{Address: fmt.Sprintf("2001:db8::%d", i+1)})
	}
	if a.Status != 429 {
		t.Errorf("a host with many IPv6 addresses: %d", a.Status)
	}
}

// Guesses at the token are slowed, too.
func TestCounter_slowsThoseWhoMayNotRead(t *testing.T) {
	t.Parallel()
	c := counterOf(oneRow(), settings{settingToken: "s3cret"}, newHand())
	for range atOnce {
		ask(t, c, bridge.NameListArgs{Token: "guess"})
	}
	if a := ask(t, c, bridge.NameListArgs{Token: "s3cret"}); a.Status != 429 {
		t.Errorf("after %d guesses: %d", atOnce, a.Status)
	}
}

func TestLimits_rememberABoundedNumber(t *testing.T) {
	t.Parallel()
	l := newLimits(newHand())
	busy := netip.MustParseAddr("198.51.100.1")
	for range atOnce {
		l.wait(busy)
	}
	for i := range uint32(5 * clients) {
		l.wait(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		if l.wait(busy) == 0 {
			t.Fatalf("a client that keeps asking was forgotten after %d others", i)
		}
	}
	if n := len(l.young) + len(l.old); n > 2*clients {
		t.Errorf("%d clients are remembered", n)
	}
}

func TestList_readsAgainOnlyWhenItMayHaveChanged(t *testing.T) {
	t.Parallel()
	h, r := newHand(), oneRow()
	l := NewList(r, h, slog.New(slog.DiscardHandler))
	step := func(what string, reads int32, change func()) {
		t.Helper()
		r.set(change)
		if _, err := l.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.reads.Swap(0); got != reads {
			t.Errorf("%s: read %d times, want %d", what, got, reads)
		}
	}
	step("the first time", 1, func() {})
	step("nothing changed", 0, func() { h.pass(oldest - 1) })
	step("for long", 1, func() { h.pass(1) })
	step("another mark", 1, func() { r.mark = "m2" })
	step("nothing changed", 0, func() {})
	step("a change just now", 1, func() { r.mark, r.settled = "m3", false })
	step("which may have been followed by another", 1, func() {})
	step("it has settled", 1, func() { r.settled = true })
	step("and stays", 0, func() {})
	step("the server does not tell", 1, func() { r.mark = "" })
	step("nor now", 1, func() {})
}

func TestList_isReadOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	r := oneRow()
	r.hold = make(chan struct{})
	l := NewList(r, newHand(), slog.New(slog.DiscardHandler))
	gone, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { _, err := l.Current(gone); first <- err }()
	for r.reads.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away got %v", err)
	}
	var others sync.WaitGroup
	for range 8 {
		others.Go(func() {
			if e, err := l.Current(t.Context()); err != nil || e.Size != int64(len(oneList)) {
				t.Errorf("another got %+v, %v", e, err)
			}
		})
	}
	for r.looks.Load() < 9 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // let them begin a reading of their own, if they would
	close(r.hold)
	others.Wait()
	if n := r.reads.Load(); n != 1 {
		t.Errorf("the database was read %d times", n)
	}
}

func TestList_isNotEmptyBecauseNothingCouldBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text [][2]string
		want string
	}{
		"no machine at all":    {nil, "[]"},
		"machines without any": {[][2]string{{"vm.example.org", ""}, {"", "[]"}}, "[]"},
		"junk beside a name":   {[][2]string{{"x.example.org", "junk"}, {"vm.example.org", `{"192.0.2.1":"a.example.org"}`}}, `[{"forward":"vm.example.org","ip":"192.0.2.1","reverse":"a.example.org"}]`},
		"nothing but junk":     {[][2]string{{"vm.example.org", "junk"}}, ""},
		"no domain":            {[][2]string{{" ", `{"192.0.2.1":"a.example.org"}`}}, ""},
	} {
		e, err := NewList(&rows{text: c.text}, newHand(), slog.New(slog.DiscardHandler)).Current(t.Context())
		if c.want == "" {
			if err == nil {
				t.Errorf("%s: a list of %d bytes", name, e.Size)
			}
			continue
		}
		var out bytes.Buffer
		if err == nil {
			err = e.Copy(&out)
		}
		if err != nil || out.String() != c.want {
			t.Errorf("%s: %s, %v", name, out.String(), err)
		}
	}
}

func TestList_tellsTheLogOfJunkOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := oneRow()
	r.settled, r.text = false, append([][2]string{{"x.example.org", "junk"}}, r.text...)
	l := NewList(r, newHand(), slog.New(slog.NewTextHandler(&log, nil)))
	for range 3 {
		if _, err := l.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "services=1 first_service_id=1"); n != 1 {
		t.Errorf("the log says it %d times:\n%s", n, log.String())
	}
}

func TestEdition_reportsAWriterThatFails(t *testing.T) {
	t.Parallel()
	e, err := newEdition(t.Context(), oneRow())
	if err != nil {
		t.Fatal(err)
	}
	in, out := io.Pipe()
	_ = in.CloseWithError(errors.New("the reader went away"))
	if err := e.Copy(out); err == nil {
		t.Error("no error")
	}
}
