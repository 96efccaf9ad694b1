package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// polled is what a script gets from dns.php.
type polled struct {
	status int
	header http.Header
	body   string
}

// poll asks dns.php; head are pairs of a header's name and value.
func (w *world) poll(t *testing.T, method, query string, head ...string) polled {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.WHMCS.URL+"/modules/servers/puqProxmoxKVM/lib/dns/dns.php"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return polled{resp.StatusCode, resp.Header, string(body)}
}

// wants fails unless an error with these words came.
func (p polled) wants(t *testing.T, what string, status int, words string) {
	t.Helper()
	var body struct{ Error string }
	if err := json.Unmarshal([]byte(p.body), &body); err != nil || p.status != status || !strings.Contains(body.Error, words) {
		t.Errorf("%s: %d %s, want %d with %q", what, p.status, p.body, status, words)
	}
}

// What dns.php gives is what PHP itself would have written of the same rows.
const phpNames = `$pdo = new PDO('mysql:unix_socket=' . $argv[1] . ';dbname=whmcs;charset=utf8mb4', 'root', '');
$list = [];
foreach ($pdo->query("SELECT h.domain, i.vm_rev_dns FROM puqProxmoxKVM_vm_info i JOIN tblhosting h ON h.id = i.service_id ORDER BY i.service_id") as $row) {
	foreach (json_decode((string) $row['vm_rev_dns'], true) ?: [] as $ip => $reverse) {
		$list[] = ['forward' => $row['domain'], 'ip' => $ip, 'reverse' => $reverse];
	}
}
echo json_encode($list);`

func TestNameList_throughPHP(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t, "IPv4 Addresses=2", "IPv6 Addresses=1")
	m := w.ready(t, service)
	w.exec(t, `UPDATE puqProxmoxKVM_vm_info SET vm_rev_dns = JSON_SET(vm_rev_dns, '$."192.0.2.11"', 'büro.example.org') WHERE service_id = ?`, service)

	w.poll(t, "GET", "").wants(t, "nothing is set", 403, `"dns.php: addresses"`)
	w.devhost(t, nil, "set-addon", "dns_addresses", "192.0.2.0/24")
	w.poll(t, "GET", "", "X-Forwarded-For", "192.0.2.1").wants(t, "a foreign address", 403, "127.0.0.1 may not read")
	w.devhost(t, nil, "set-addon", "dns_addresses", "192.0.2.0/24, 127.0.0.0/8")

	script := filepath.Join(t.TempDir(), "names.php")
	if err := os.WriteFile(script, []byte("<?php\n"+phpNames), 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := exec.CommandContext(t.Context(), "php", script, w.DB.Socket).Output()
	if err != nil {
		t.Fatal(err)
	}
	list := w.poll(t, "GET", "")
	if d := cmp.Diff(string(want), list.body); d != "" || list.status != 200 || strings.Count(list.body, m.Domain) < 3 || !strings.Contains(list.body, `b\u00fcro`) {
		t.Errorf("the list came with %d (-want +got):\n%s", list.status, d)
	}
	etag := list.header.Get("ETag")
	if head := w.poll(t, "HEAD", ""); head.status != 200 || head.body != "" || head.header.Get("ETag") != etag || etag == "" {
		t.Errorf("HEAD = %+v, want ETag %q", head, etag)
	}
	if same := w.poll(t, "GET", "", "If-None-Match", etag); same.status != 304 || same.body != "" || same.header.Get("ETag") != etag {
		t.Errorf("unchanged: %+v", same)
	}
	w.exec(t, "UPDATE tblhosting SET domain = 'renamed.example.net' WHERE id = ?", service)
	if other := w.poll(t, "GET", "", "If-None-Match", etag); other.status != 200 || strings.Count(other.body, `"forward":"renamed.example.net"`) != 3 {
		t.Errorf("changed: %+v", other)
	}
	w.poll(t, "POST", "").wants(t, "POST", 405, "GET or HEAD")

	w.devhost(t, nil, "set-addon", "dns_token", "list-token-51f0")
	w.poll(t, "GET", "?token=wrong").wants(t, "a wrong token", 401, "Authorization: Bearer")
	if got := w.poll(t, "GET", "", "Authorization", "Bearer list-token-51f0"); got.status != 200 {
		t.Errorf("with the token: %+v", got)
	}
	if strings.Contains(w.log.String(), "list-token-51f0") {
		t.Error("the token stands in the sidecar's log")
	}
	w.namesInTrouble(t)
}

// namesInTrouble: neither a sidecar nor a database that is away makes a list of less.
func (w *world) namesInTrouble(t *testing.T) {
	t.Helper()
	const token = "?token=list-token-51f0"
	if err := w.down(); err != nil {
		t.Fatal(err)
	}
	w.poll(t, "GET", token).wants(t, "the sidecar is down", 503, "Keep what the last one said")
	if err := w.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.poll(t, "GET", token); got.status != 200 {
		t.Errorf("the sidecar is back: %+v", got)
	}
	w.exec(t, "RENAME TABLE puqProxmoxKVM_vm_info TO elsewhere")
	w.poll(t, "GET", token).wants(t, "the table is away", 503, "Keep what the last one said")
	w.exec(t, "RENAME TABLE elsewhere TO puqProxmoxKVM_vm_info")
	if got := w.poll(t, "GET", token); got.status != 200 {
		t.Errorf("the table is back: %+v", got)
	}
	_ = w.db.Close()
	w.db = nil
	w.DB.Stop()
	w.poll(t, "GET", token).wants(t, "the database is down", 503, "Keep what the last one said")
	_ = w.down() // its connections end badly
}
