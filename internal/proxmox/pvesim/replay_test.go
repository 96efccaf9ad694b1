package pvesim_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// recorded is one line of the life of a VM that the original 9.2 code answered.
type recorded struct {
	Seq      int
	Note     string
	Method   string
	Path     string
	Params   map[string]any
	Encoding string
	Status   int
	Reason   string
	Body     any
	Task     *struct {
		ExitStatus string   `json:"exitstatus"`
		Log        []string `json:"log"`
	}
}

func readLife(t *testing.T) []recorded {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	const name = "shared/reference/pve-recorded/pve-9.2-life.jsonl"
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		file, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		defer func() { _ = file.Close() }()
		return parseLife(t, bufio.NewScanner(file))
	}
	t.Skip("the recorded life is not beside the project (../shared); nothing to replay")
	return nil
}

func parseLife(t *testing.T, lines *bufio.Scanner) []recorded {
	t.Helper()
	lines.Buffer(nil, 4<<20)
	var out []recorded
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// replayLab is the cluster of the recording.
func replayLab(t *testing.T) *lab {
	t.Helper()
	all := []string{"images", "rootdir", "iso", "backup", "snippets", "import"}
	files := []string{"iso", "vztmpl", "backup", "snippets", "import"}
	l := newLab(t, func(cfg *pvesim.Config) {
		clk := cfg.Clock
		d := pvesim.DefaultDurations()
		d.Clone, d.Migrate, d.AgentBoot = 15*time.Second, 15*time.Second, time.Second
		d.Stop, d.Destroy = 100*time.Millisecond, 100*time.Millisecond
		*cfg = pvesim.Config{
			Version: contract.V92, ClusterName: "labcluster", Clock: clk, Durations: d, Pools: []string{"tenants"},
			Nodes: []pvesim.NodeConfig{{Name: "pve1", Bridges: []string{"vmbr0"}}, {Name: "pve2", Bridges: []string{"vmbr0"}}},
			Storages: []pvesim.StorageConfig{
				{ID: "local", Type: "dir", Content: files},
				{ID: "store", Type: "dir", Content: all},
				{ID: "shared", Type: "dir", Content: all, Shared: true},
			},
			Tokens: []pvesim.Token{
				{User: "root@pam", Name: "t1", Secret: "root-secret"},
				{User: "few@pve", Name: "t", Secret: "few-secret"},
			},
			Grants: []pvesim.Grant{
				{Who: "few@pve", Path: "/vms", Privs: []string{"VM.Allocate", "VM.Audit", "VM.Backup", "VM.Clone"}},
				{Who: "few@pve", Path: "/storage/store", Privs: []string{"Datastore.AllocateSpace", "Datastore.Audit"}},
			},
		}
	})
	return l.as(rootToken)
}

// teller tells the recorded story to a simulator and notes every difference.
type teller struct {
	*lab
	digests map[string][]string
	upids   map[string]string
	pending []waiting
	archive string
	pid     string
	diffs   []difference
}

type waiting struct {
	line recorded
	upid string
}

type difference struct {
	seq  int
	what string
	text string
}

func (tl *teller) note(seq int, what, format string, args ...any) {
	tl.diffs = append(tl.diffs, difference{seq, what, fmt.Sprintf(format, args...)})
}

func TestReplay_recordedLife(t *testing.T) {
	t.Parallel()
	life := readLife(t)
	tl := &teller{lab: replayLab(t), digests: map[string][]string{}, upids: map[string]string{}}
	for i, line := range life {
		tl.tell(line)
		if i+1 == len(life) || !during(life[i+1]) {
			tl.settle()
		}
	}
	reasons := replayReasons()
	used := map[string]bool{}
	for _, d := range tl.diffs {
		key := fmt.Sprintf("%d %s", d.seq, d.what)
		for pattern := range reasons {
			if ok, err := regexp.MatchString("^(?:"+pattern+")$", key); err == nil && ok {
				used[pattern] = true
				key = ""
			}
		}
		if key != "" {
			t.Errorf("%s: %s", key, d.text)
		}
	}
	for pattern := range reasons {
		if !used[pattern] {
			t.Errorf("reason %q explains nothing any more", pattern)
		}
	}
}

func during(r recorded) bool { return strings.HasPrefix(r.Note, "while the ") }

func (tl *teller) tell(r recorded) {
	l := tl.lab
	switch {
	case r.Seq == 2:
		l = l.as("")
	case r.Seq == 3:
		l = l.as("PVEAPIToken=root@pam!t1=wrong")
	case strings.Contains(r.Note, "by a token") || strings.Contains(r.Note, "by the same token"):
		l = l.as("PVEAPIToken=few@pve!t=few-secret")
	}
	tl.clock.step(300 * time.Millisecond)
	if strings.Contains(r.Note, "a little later") || strings.Contains(r.Note, "when the VM is back") {
		tl.clock.step(10 * time.Second)
	}
	got, err := l.send(tl.request(l, r))
	if err != nil {
		tl.t.Fatalf("line %d: %v", r.Seq, err)
	}
	tl.remember(r, got)
	if got.status != r.Status {
		tl.note(r.Seq, "status", "got %d %s %v, want %d %s", got.status, got.reason, got.errors, r.Status, r.Reason)
		return
	}
	if want := strings.TrimSuffix(r.Reason, "\n"); !like(want, got.reason) {
		tl.note(r.Seq, "reason", "got %q, want %q", got.reason, want)
	}
	tl.compareBody(r, got)
	if upid, ok := got.data.(string); ok && strings.HasPrefix(upid, "UPID:") && r.Task != nil {
		tl.pending = append(tl.pending, waiting{r, upid})
	}
}

// settle lets the tasks of the lines before end and compares how.
func (tl *teller) settle() {
	for _, w := range tl.pending {
		exit := tl.finish(w.upid)
		if !like(w.line.Task.ExitStatus, exit) {
			tl.note(w.line.Seq, "task", "got %q, want %q", exit, w.line.Task.ExitStatus)
		}
		rows, _ := tl.ok("GET", taskPath(w.upid)+"/log", "limit=0").data.([]any)
		last, _ := rows[len(rows)-1].(map[string]any)
		want := w.line.Task.Log[len(w.line.Task.Log)-1]
		if text, _ := last["t"].(string); !like(want, text) {
			tl.note(w.line.Seq, "log", "got %q, want %q", text, want)
		}
	}
	tl.pending = nil
}

func (tl *teller) request(l *lab, r recorded) *http.Request {
	path := tl.fillPath(r.Path)
	params := map[string]string{}
	values := url.Values{}
	for k, v := range r.Params {
		params[k] = tl.fill(r, k, plainText(v))
		if list, many := v.([]any); many {
			for _, item := range list {
				values.Add(k, plainText(item))
			}
			continue
		}
		values.Set(k, params[k])
	}
	where, body, kind := l.base+path, "", ""
	switch {
	case r.Encoding == "json":
		text, err := json.Marshal(r.Params)
		if err != nil {
			tl.t.Fatal(err)
		}
		body, kind = string(text), "application/json"
	case r.Method == http.MethodGet || r.Method == http.MethodDelete:
		where += "?" + values.Encode()
	default:
		body, kind = values.Encode(), "application/x-www-form-urlencoded"
	}
	req, err := http.NewRequestWithContext(tl.t.Context(), r.Method, where, strings.NewReader(body))
	if err != nil {
		tl.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return req
}

func plainText(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func (tl *teller) fillPath(path string) string {
	if i := strings.Index(path, "UPID:"); i >= 0 {
		mark, rest, _ := strings.Cut(path[i:], ":/")
		real, known := tl.upids[mark+":"]
		if !known {
			real = strings.Replace(mark+":", "...", "00000001:00000001:00000001", 1)
		}
		return path[:i] + real + "/" + rest
	}
	if head, _, isArchive := strings.Cut(path, "local%3Abackup"); isArchive {
		return head + url.PathEscape(tl.archive)
	}
	return path
}

func (tl *teller) fill(r recorded, key, value string) string {
	object := objectOf(r.Path)
	seen := tl.digests[object]
	switch {
	case value == "<digest>":
		return seen[len(seen)-1]
	case value == "<digest-old>":
		return tl.stale(r, seen)
	case key == "pid" && strings.Contains(r.Note, "unknown"):
		return "999999"
	case key == "pid":
		return tl.pid
	case value == "<n>":
		return "5900"
	}
	return value
}

// stale is the newest digest read that is no longer the present one.
func (tl *teller) stale(r recorded, seen []string) string {
	path := r.Path
	if head, _, isRule := strings.Cut(path, "/rules"); isRule {
		path = head + "/rules"
	}
	now := digestIn(tl.ok("GET", path, "").data)
	for _, d := range slices.Backward(seen) {
		if d != now {
			return d
		}
	}
	return strings.Repeat("1", 40)
}

func objectOf(path string) string {
	for _, part := range []string{"/firewall/rules", "/firewall/options", "/config"} {
		if head, _, found := strings.Cut(path, part); found {
			return head + part
		}
	}
	return path
}

func digestIn(data any) string {
	if list, ok := data.([]any); ok && len(list) > 0 {
		data = list[0]
	}
	m, _ := data.(map[string]any)
	d, _ := m["digest"].(string)
	return d
}

func (tl *teller) remember(r recorded, got reply) {
	if d := digestIn(got.data); d != "" {
		object := objectOf(r.Path)
		tl.digests[object] = append(tl.digests[object], d)
	}
	if upid, ok := got.data.(string); ok && strings.HasPrefix(upid, "UPID:") {
		p := strings.Split(upid, ":")
		tl.upids["UPID:"+p[1]+":...:"+strings.Join(p[5:], ":")] = upid
	}
	if m, ok := got.data.(map[string]any); ok && m["pid"] != nil && strings.HasSuffix(r.Path, "/exec") {
		tl.pid = plainText(m["pid"])
	}
	if list, ok := got.data.([]any); ok && len(list) == 1 && r.Params["content"] == "backup" {
		m, _ := list[0].(map[string]any)
		if volid, ok := m["volid"].(string); ok {
			tl.archive = volid
		}
	}
}

func (tl *teller) compareBody(r recorded, got reply) {
	want, isObject := r.Body.(map[string]any)
	if !isObject {
		if got.raw != "" {
			tl.note(r.Seq, "body", "got %q, want none", got.raw)
		}
		return
	}
	if text, plain := want["<text>"]; plain {
		if got.raw != text {
			tl.note(r.Seq, "body", "got %q, want %q", got.raw, text)
		}
		return
	}
	wantMessage, _ := want["message"].(string)
	if !like(wantMessage, got.message) {
		tl.note(r.Seq, "message", "got %q, want %q", got.message, wantMessage)
	}
	wantErrors := map[string]string{}
	errors, _ := want["errors"].(map[string]any)
	for k, v := range errors {
		wantErrors[k] = fmt.Sprint(v)
	}
	if !maps.Equal(wantErrors, got.errors) && len(wantErrors)+len(got.errors) > 0 {
		tl.note(r.Seq, "errors", "got %q, want %q", got.errors, wantErrors)
	}
	if (want["total"] != nil) != (got.total != nil) {
		tl.note(r.Seq, "total", "got %v, want %v", got.total, want["total"])
	}
	tl.compare(r.Seq, "data", want["data"], got.data)
}

func (tl *teller) compare(seq int, at string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			tl.note(seq, at, "got %v, want an object", got)
			return
		}
		for _, k := range slices.Sorted(maps.Keys(w)) {
			if _, has := g[k]; !has {
				tl.note(seq, at+"."+k, "missing, want %v", w[k])
				continue
			}
			tl.compare(seq, at+"."+k, w[k], g[k])
		}
		for _, k := range slices.Sorted(maps.Keys(g)) {
			if _, has := w[k]; !has {
				tl.note(seq, at+"."+k, "got %v, want no such key", g[k])
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || (len(g) != len(w) && !strings.Contains(at, "skip")) {
			tl.note(seq, at, "got %d rows, want %d", len(g), len(w))
			if !ok || len(g) < len(w) {
				return
			}
		}
		w, g = inOrder(w), inOrder(g)
		for i := range w {
			tl.compare(seq, fmt.Sprintf("%s[%s]", at, rowName(w[i], i)), w[i], g[i])
		}
	default:
		tl.compareLeaf(seq, at, want, got)
	}
}

func (tl *teller) compareLeaf(seq int, at string, want, got any) {
	text, isText := want.(string)
	gotText, gotIsText := got.(string)
	switch {
	case !isText:
		if want != got {
			tl.note(seq, at, "got %v, want %v", got, want)
		}
	case text == "<n>" || text == "<time>":
		if _, isNumber := got.(float64); !isNumber && strings.Trim(gotText, "0123456789.") != "" {
			tl.note(seq, at, "got %v, want a number", got)
		}
	case !gotIsText:
		tl.note(seq, at, "got %v (%T), want %q", got, got, text)
	case strings.HasSuffix(at, ".content") && strings.Contains(text, ","):
		a, b := strings.Split(text, ","), strings.Split(gotText, ",")
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			tl.note(seq, at, "got %q, want %q", b, a)
		}
	case !like(text, gotText):
		tl.note(seq, at, "got %q, want %q", gotText, text)
	}
}

// inOrder sorts rows that have a name of their own; rules, snapshots and tasks keep their order.
func inOrder(rows []any) []any {
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b any) int { return strings.Compare(sortKey(a), sortKey(b)) })
	return out
}

func sortKey(row any) string {
	m, ok := row.(map[string]any)
	if !ok || m["pos"] != nil || m["upid"] != nil || m["snaptime"] != nil {
		return ""
	}
	for _, key := range []string{"id", "vmid", "storage", "volid", "key", "drivename", "name", "cidr", "node"} {
		if m[key] != nil {
			return plainText(m[key])
		}
	}
	return ""
}

func rowName(row any, i int) string {
	if key := sortKey(row); key != "" {
		return key
	}
	return strconv.Itoa(i)
}

var placeholder = regexp.MustCompile(`<[a-z:]+>`)

// like compares a text with one that holds placeholders.
func like(want, got string) bool {
	if want == got {
		return true
	}
	parts := placeholder.Split(want, -1)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	pattern := "(?s)^" + strings.Join(parts, ".+?") + "$"
	pattern = strings.ReplaceAll(pattern, `:\.\.\.:`, `:[^:]+:[^:]+:[^:]+:`)
	ok, err := regexp.MatchString(pattern, got)
	return ok && err == nil
}

// replayReasons says why the simulator differs where it does: line number and place, as a pattern.
func replayReasons() map[string]string {
	return map[string]string{
		`1 data\.version`:     "the simulator names the release its contract was taken from, the recording a later patch level",
		`11 data\.loadavg`:    "the recording cut the list to one entry",
		`32 (reason|message)`: "the text after the name is the resolver's and depends on the machine",
		`57 data`:             "a simulated copy tells its progress once, not every second",
		`(226|236|277|285) data\.(blockstat|proxmox-support)\..*`: "QEMU's own counters and build flags: the recording says not to trust them, no client reads them",
		`234 data\.result\[eth0\]\.ip-addresses.*`:                "the recorded guest ignored its cloud-init image; a simulated guest has the addresses it was given",
		`304 data\.size`: "the size of a backup is made up on both sides",
		`33[45] data`:    "the recording cut the rows to one",
	}
}
