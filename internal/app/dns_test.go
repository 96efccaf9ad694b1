package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
)

// An operator configures zones and sees to records with the program alone, beside a running sidecar and with the database's
// own account.
func TestOperator_keepsDNS(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	server, err := pdns.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	for _, name := range []string{"example.net", "2.0.192.in-addr.arpa"} {
		if err := server.CreateZone(t.Context(), name, "Native"); err != nil {
			t.Fatal(err)
		}
		code, out := w.dns(t, server.Key+"\n", "zones add "+name+" --type powerdns --set server="+server.API+" --secret-stdin")
		contains(t, "zones add", out, name+" at PowerDNS "+server.API)
		if code != 0 {
			t.Fatalf("zones add = %d", code)
		}
	}
	service := w.order(t)
	m := w.ready(t, service)
	id := strconv.FormatInt(service, 10)
	has := func(value string) func() bool {
		return func() bool {
			got, err := pdns.Query(t.Context(), server.DNS, m.Domain, dnsmessage.TypeA)
			return err == nil && fmt.Sprint(got) == value
		}
	}
	await(t, "the forward record", has("[192.0.2.10]"), w.log.tail)
	await(t, "the ledger to be quiet", func() bool { return strings.Contains(w.metrics(t), "\nkvmbridge_dns_pending 0\n") }, w.log.tail)
	for line, want := range map[string]struct {
		code  int
		parts []string
	}{
		"dns plan":                     {0, []string{"zone 1 example.net (forward) at PowerDNS " + server.API + ": 0 to write, 0 to remove, 1 stay\n"}},
		"dns plan --service " + id:     {0, []string{": 0 to write, 0 to remove, 1 stay\n"}},
		"dns zones":                    {0, []string{"ID  ZONE", "2   2.0.192.in-addr.arpa  reverse4  powerdns  " + server.API + "  300  1     0        0\n"}},
		"dns zones test 1":             {0, []string{"ok  zone: the zone example.net is there"}},
		"dns zones test 7":             {1, []string{"kvmbridge: there is no DNS zone 7; the zones are 1 example.net, 2 2.0.192.in-addr.arpa\n"}},
		"dns zones delete 1":           {1, []string{"kvmbridge: 1 record of ours would stay behind in example.net at PowerDNS "}},
		"dns zones edit 1 --ttl 5":     {1, []string{"fault ttl: The TTL has to be between 60 and 86400 seconds.\n"}},
		"dns sync --service " + id:     {0, []string{"fwd OK [powerdns] example.net ← " + m.Domain + " (1 IPs)\n", "rev OK [powerdns] 2.0.192.in-addr.arpa ← 192.0.2.10 → " + m.Domain + "\n"}},
		"dns sync --service 4711":      {1, []string{"kvmbridge: WHMCS has no service 4711"}},
		"dns retry":                    {0, []string{"No DNS record is failed there"}},
		"vm show " + id + " --service": {0, []string{"A " + m.Domain + " 192.0.2.10 in example.net: live\n", "in 2.0.192.in-addr.arpa: live\n"}},
		"check":                        {0, []string{"ok    DNS zones\n"}},
	} {
		code, out := w.run(t, nil, slices.Concat(strings.Fields(line), []string{"--whmcs", w.WHMCS.Dir})...)
		if code != want.code {
			t.Errorf("%s = %d", line, code)
		}
		contains(t, line, out, want.parts...)
	}
	w.dnsInTrouble(t, server, id)

	// With the record of the ended machine go its names, and nobody had to be told.
	w.devhost(t, nil, "call", "TerminateAccount", id)
	await(t, "the end of the forward record", has("[]"), w.log.tail)
	for what, text := range map[string]string{"the log": w.log.String(), "the tables": fmt.Sprint(w.rows(t, "SELECT * FROM puq_proxmox_kvm_dns_zones"), w.rows(t, "SELECT * FROM kvmbridge_dns_records"), w.rows(t, "SELECT * FROM kvmbridge_outbox"))} {
		if strings.Contains(text, server.Key) {
			t.Errorf("the key stands in %s", what)
		}
	}
}

// dnsInTrouble: a name server that is away shows everywhere where somebody looks, and harms nothing.
func (w *world) dnsInTrouble(t *testing.T, server *pdns.Server, service string) {
	t.Helper()
	server.Kill()
	code, out := w.dns(t, "", "sync --service "+service)
	contains(t, "sync", out, "fwd ERR [powerdns] example.net ← ", "connection refused", "forward_err: 1")
	if code != 1 {
		t.Errorf("sync without a name server = %d", code)
	}
	contains(t, "the metrics", w.metrics(t), "\nkvmbridge_dns_pending 2\n", "\nkvmbridge_dns_failed 2\n")
	code, out = w.run(t, nil, "check", "--whmcs", w.WHMCS.Dir)
	contains(t, "check", out, "fault DNS zone 1 (example.net at PowerDNS "+server.API+"): reachable: ", "fault DNS zone 2 (")
	if code != 1 {
		t.Errorf("check without a name server = %d", code)
	}
	_, page := w.admin(t).get("admin/addonmodules.php?module=puq_proxmox_kvm")
	contains(t, "the status page", page, "DNS records that are not as they should be yet: 2", "DNS records that failed: 2.", "connection refused")
	contains(t, "vm show", w.vmShow(t, service), "; last error: ", "; next try 20")
	code, out = w.dns(t, "", "retry --zone 1")
	contains(t, "retry", out, "1 DNS record is due now: a running kvmbridge serve takes it within seconds.\n")
	if code != 0 {
		t.Errorf("retry = %d", code)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "the forward record to be right again", func() bool { // the other zone may have come by itself
		return !strings.Contains(w.metrics(t), "\nkvmbridge_dns_failed 2\n")
	}, w.log.tail)
	if code, out := w.dns(t, "", "sync --all"); code != 0 || !strings.Contains(out, "service "+service+"\n  fwd OK") {
		t.Errorf("sync --all = %d\n%s", code, out)
	}
}

func (w *world) vmShow(t *testing.T, service string) string {
	t.Helper()
	_, out := w.run(t, nil, "vm", "show", service, "--service", "--whmcs", w.WHMCS.Dir)
	return out
}

// dns runs "kvmbridge dns" with a standard input.
func (w *world) dns(t *testing.T, stdin, line string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "kvmbridge", slices.Concat([]string{"dns"}, strings.Fields(line), []string{"--whmcs", w.WHMCS.Dir})...)
	cmd.Env = append(os.Environ(), "KVMBRIDGE_DB_USER=kvmbridge", "KVMBRIDGE_DB_PASSWORD="+dbPassword)
	cmd.Stdin = strings.NewReader(stdin)
	out, _ := cmd.CombinedOutput() // how it ended is in the code
	return cmd.ProcessState.ExitCode(), string(out)
}

func (w *world) metrics(t *testing.T) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.Sidecar+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
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
	return string(body)
}
