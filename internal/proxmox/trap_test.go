package proxmox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
)

// badAnswers are the answers that the driver takes for success, panics on or confuses (one row each).
func badAnswers() map[string]struct {
	answer  reply
	fault   pipeline.Fault
	unknown bool   // a write's outcome is unknown
	text    string // part of the message
} {
	type row = struct {
		answer  reply
		fault   pipeline.Fault
		unknown bool
		text    string
	}
	empty := `{"data":null}`
	return map[string]row{
		"400 with errors": {reply{400, "Parameter verification failed.", `{"data":null,"errors":{"memory":"value must have a minimum value of 16","cores":"type check ('integer') failed - got 'x'"}}`}, pipeline.Permanent, false, "cores: type check ('integer') failed - got 'x'; memory: value must have a minimum value of 16"},
		"401 empty":       {reply{401, "invalid token value!", ""}, pipeline.NeedsPerson, false, "invalid token value!"},
		"403":             {reply{403, "Permission check failed (/vms/100, VM.PowerMgmt)", empty}, pipeline.NeedsPerson, false, "lacks the privilege VM.PowerMgmt on /vms/100"},
		"404":             {reply{404, "Not Found", empty}, pipeline.Permanent, false, "Not Found"},
		"429":             {reply{429, "Too Many Requests", empty}, pipeline.Transient, false, "Too Many Requests"},
		"500 in 7.4":      {reply{500, "VM is locked (backup)", empty}, pipeline.Transient, false, "VM is locked (backup)"},
		"500 in 9.2":      {reply{500, "", `{"data":null,"message":"VM is locked (backup)\n"}`}, pipeline.Transient, false, "VM is locked (backup)"},
		"501 text":        {reply{501, "Method 'POST /x' not implemented", "Method 'POST /x' not implemented"}, pipeline.Permanent, false, "not implemented"},
		"502 HTML":        {reply{502, "Bad Gateway", "<html><body>nginx</body></html>"}, pipeline.Transient, true, "Bad Gateway"},
		"503":             {reply{503, "Service Unavailable", empty}, pipeline.Transient, true, "Service Unavailable"},
		"504":             {reply{504, "Gateway Time-out", empty}, pipeline.Transient, true, "Gateway Time-out"},
		"595 empty":       {reply{595, "No route to host", ""}, pipeline.Transient, true, "No route to host"},
		"595 null":        {reply{595, "No route to host", empty}, pipeline.Transient, true, "No route to host"},
		"596 empty":       {reply{596, "Connection timed out", ""}, pipeline.Transient, true, "Connection timed out"},
		"599 empty":       {reply{599, "Too many redirections", ""}, pipeline.Transient, true, "599"},
		"301":             {reply{301, "Moved Permanently", ""}, pipeline.NeedsPerson, false, "redirect"},
	}
}

// The driver takes every answer but five for success when no result is asked for, panics in Node.VirtualMachine and
// returns nil tasks (libraries §3.2): here each is an error for each kind of call.
func TestTrap_everyRefusalIsAnErrorForEveryKindOfCall(t *testing.T) {
	t.Parallel()
	calls := map[string]struct {
		write bool
		do    func(*proxmox.Cluster) error
	}{
		"read": {false, func(c *proxmox.Cluster) error { _, err := c.Status(context.Background(), "pve1", 100); return err }},
		"write without result": {true, func(c *proxmox.Cluster) error {
			return c.SetConfig(context.Background(), "pve1", 100, hypervisor.Change{Set: map[string]string{"cores": "2"}})
		}},
		"write with result": {true, func(c *proxmox.Cluster) error { _, err := c.Start(context.Background(), "pve1", 100); return err }},
		"delete": {true, func(c *proxmox.Cluster) error {
			return c.RemoveFromIPSet(context.Background(), "pve1", 100, "ipfilter-net0", "10.0.0.5")
		}},
	}
	for name, row := range badAnswers() {
		for kind, call := range calls {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				err := call.do(cluster(t, always(row.answer), nil))
				var e *proxmox.Error
				if !errors.As(err, &e) || e.Code != row.answer.code {
					t.Fatalf("got %v, want an Error with code %d", err, row.answer.code)
				}
				if got := pipeline.FaultOf(err); got != row.fault {
					t.Errorf("fault of %q: got %v, want %v", err, got, row.fault)
				}
				if got, want := errors.Is(err, hypervisor.ErrUnknownOutcome), row.unknown && call.write; got != want {
					t.Errorf("%q is an unknown outcome: got %v, want %v", err, got, want)
				}
				if !strings.Contains(err.Error(), row.text) || strings.ContainsAny(err.Error(), "{}") {
					t.Errorf("got %q, want a sentence with %q and without JSON", err, row.text)
				}
			})
		}
	}
}

func TestTrap_writesAreNeverRepeated(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]reply{
		"429": {429, "Too Many Requests", ""}, "502": {502, "Bad Gateway", ""}, "503": {503, "Service Unavailable", ""},
		"504": {504, "Gateway Time-out", ""}, "596": {596, "Connection timed out", ""}, "lost answer": {}, "500": {500, "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := always(answer)
			_, err := cluster(t, s, nil).Clone(context.Background(), hypervisor.GuestRef{VMID: 100, Node: "pve1"}, hypervisor.Clone{VMID: 101})
			if err == nil || len(s.requests()) != 1 {
				t.Errorf("clone was sent %d times (error %v), want once and an error", len(s.requests()), err)
			}
		})
	}
}

func TestTrap_readsAreRepeatedOnlyForPassingTroubles(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer reply
		want   int
	}{
		"502": {reply{502, "Bad Gateway", "<html>"}, 3}, "595": {reply{595, "No route to host", ""}, 3}, "lost answer": {reply{}, 3},
		"500": {reply{500, "VM is locked (clone)", ""}, 1}, "403": {reply{403, "Permission check failed", ""}, 1},
		"401": {reply{401, "No ticket", ""}, 1}, "400": {reply{400, "Parameter verification failed.", `{"errors":{}}`}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := always(row.answer)
			_, err := cluster(t, s, nil).Nodes(context.Background())
			if err == nil || len(s.requests()) != row.want {
				t.Errorf("read was sent %d times (error %v), want %d and an error", len(s.requests()), err, row.want)
			}
		})
	}
}

func TestTrap_aReadSucceedsAfterOneGatewayError(t *testing.T) {
	t.Parallel()
	s := &stub{answers: func(n int, _ request) reply {
		if n == 1 {
			return reply{596, "Connection timed out", ""}
		}
		return ok(`{"status":"running","name":"web1"}`)
	}}
	got, err := cluster(t, s, nil).Status(context.Background(), "pve1", 100)
	if err != nil || !got.Running {
		t.Errorf("got %+v, %v; want a running guest", got, err)
	}
}

func TestTrap_lostAnswerOfAWriteIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	c := cluster(t, always(reply{}), nil)
	err := c.SetConfig(context.Background(), "pve1", 100, hypervisor.Change{Set: map[string]string{"cores": "2"}})
	if !errors.Is(err, hypervisor.ErrUnknownOutcome) || pipeline.FaultOf(err) != pipeline.Transient {
		t.Errorf("got %v (%v), want a transient ErrUnknownOutcome", err, pipeline.FaultOf(err))
	}
	if _, err := c.Nodes(context.Background()); err == nil || errors.Is(err, hypervisor.ErrUnknownOutcome) {
		t.Errorf("read: got %v, want an error that is no ErrUnknownOutcome", err)
	}
}

func TestTrap_truncatedAnswerOfAWriteIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"empty": "", "half": `{"data":"UPID:pve1:00`, "broken off": `{"data":"` + upid + `"}…`, "HTML": "<html>login</html>", "no data": `{"success":1}`, "no task": `{"data":null}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upid, err := cluster(t, always(reply{200, "OK", body}), nil).Start(context.Background(), "pve1", 100)
			if upid != "" || !errors.Is(err, hypervisor.ErrUnknownOutcome) {
				t.Errorf("got %q, %v; want ErrUnknownOutcome", upid, err)
			}
		})
	}
}

func TestTrap_unreachableIsTransientAndNothingHappened(t *testing.T) {
	t.Parallel()
	c := cluster(t, always(ok(`null`)), func(cfg *proxmox.Config) { cfg.URL = deadURL(t) })
	_, err := c.Start(context.Background(), "pve1", 100)
	if err == nil || errors.Is(err, hypervisor.ErrUnknownOutcome) || pipeline.FaultOf(err) != pipeline.Transient {
		t.Errorf("got %v (%v), want a transient error with a known outcome", err, pipeline.FaultOf(err))
	}
	if !strings.Contains(err.Error(), "not reachable") {
		t.Errorf("got %q, want it to say that Proxmox is not reachable", err)
	}
}

func TestTrap_aCallEndsWithItsTimeout(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	s := &stub{answers: func(int, request) reply { <-hang; return reply{} }}
	c := cluster(t, s, func(cfg *proxmox.Config) { cfg.Timeout = 50 * time.Millisecond })
	began := time.Now()
	_, err := c.Stop(context.Background(), "pve1", 100)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the call took %v", took)
	}
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, hypervisor.ErrUnknownOutcome) {
		t.Errorf("got %v, want a deadline with unknown outcome", err)
	}
}

func TestTrap_redirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	other := always(ok(`[]`))
	target := httptest.NewServer(other)
	defer target.Close()
	s := &stub{answers: func(int, request) reply {
		return reply{302, "Found\r\nLocation: " + target.URL, ""}
	}}
	_, err := cluster(t, s, nil).Nodes(context.Background())
	if err == nil || len(other.requests()) != 0 {
		t.Errorf("got %v and %d requests at the other host, want an error and none", err, len(other.requests()))
	}
}

// Version of the driver writes a shared field; the race detector is the judge here.
func TestTrap_versionMayBeAskedConcurrently(t *testing.T) {
	t.Parallel()
	s := always(ok(`{"version":"8.4.5","release":"8.4","repoid":"x"}`))
	c := cluster(t, s, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if v, err := c.Version(context.Background()); err != nil || v.Version != "8.4.5" {
				t.Errorf("got %+v, %v", v, err)
			}
		})
	}
	wg.Wait()
	before := len(s.requests())
	if _, err := c.Version(context.Background()); err != nil || len(s.requests()) != before {
		t.Errorf("the version was asked again (%v)", err)
	}
}

// One guest with half a core or one storage of a petabyte made the driver's whole list fail.
func TestTrap_listsTakeFractionsExponentsAndNumbersAsText(t *testing.T) {
	t.Parallel()
	s := always(ok(`[{"type":"pool","pool":"tenants","id":"/pool/tenants"},{"type":"sdn","sdn":"localnetwork","node":"pve1"},
		{"type":"qemu","vmid":100,"node":"pve1","name":"tmpl","template":1,"status":"stopped","maxcpu":0.5,"pool":"tenants"},
		{"type":"qemu","vmid":"101","node":"pve2","status":"unknown","maxdisk":1.1e+15},
		{"type":"lxc","vmid":102,"node":"pve2","template":"1","status":"running"},
		{"type":"storage","storage":"big","node":"pve1","plugintype":"rbd","content":"images,rootdir","shared":"1","status":"available","maxdisk":"2200000000000000","disk":1.1e+15},
		{"type":"storage","storage":"gone","node":"pve1","plugintype":"nfs","content":"images","shared":true,"status":"unknown"},
		{"type":"node","node":"pve1","status":"online","maxmem":1000,"mem":"400","cpu":0.01},{"type":"node","node":"pve2","status":"offline"}]`))
	want := hypervisor.Resources{
		Nodes: []hypervisor.Node{{Name: "pve1", Online: true, FreeMemory: 600}, {Name: "pve2"}},
		Guests: []hypervisor.GuestRef{
			{VMID: 100, Node: "pve1", Name: "tmpl", Template: true, Status: "stopped", Pool: "tenants"},
			{VMID: 101, Node: "pve2", Status: "unknown"},
			{VMID: 102, Node: "pve2", Status: "running"},
		},
		Storages: []hypervisor.Storage{
			{ID: "big", Node: "pve1", Type: "rbd", Content: []string{"images", "rootdir"}, Shared: true, Active: true, Avail: 1100000000000000, Capacity: 2200000000000000},
			{ID: "gone", Node: "pve1", Type: "nfs", Content: []string{"images"}, Shared: true},
		},
	}
	got, err := cluster(t, s, nil).Resources(context.Background())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestTrap_nodeAndStorageListsTakeThemToo(t *testing.T) {
	t.Parallel()
	s := &stub{answers: func(_ int, r request) reply {
		if r.path == "/nodes" {
			return ok(`[{"node":"pve1","status":"online","maxmem":1000,"mem":"400"},{"node":"pve2","status":"offline"}]`)
		}
		return ok(`[{"storage":"big","type":"rbd","content":"images,rootdir","shared":"1","active":true,"avail":1.1e+15,"total":"2200000000000000"},
			{"storage":"gone","type":"nfs","content":"images","shared":1,"active":0}]`)
	}}
	c := cluster(t, s, nil)
	nodes, err := c.Nodes(context.Background())
	if want := []hypervisor.Node{{Name: "pve1", Online: true, FreeMemory: 600}, {Name: "pve2"}}; err != nil || !slices.Equal(nodes, want) {
		t.Errorf("nodes: got %+v, %v; want %+v", nodes, err, want)
	}
	storages, err := c.Storages(context.Background(), "pve1")
	want := []hypervisor.Storage{
		{ID: "big", Node: "pve1", Type: "rbd", Content: []string{"images", "rootdir"}, Shared: true, Active: true, Avail: 1100000000000000, Capacity: 2200000000000000},
		{ID: "gone", Node: "pve1", Type: "nfs", Content: []string{"images"}, Shared: true},
	}
	if err != nil || !reflect.DeepEqual(storages, want) {
		t.Errorf("storages: got %+v, %v; want %+v", storages, err, want)
	}
}

func TestTrap_cloneSendsNumbersAndOnlyWhatIsAllowed(t *testing.T) {
	t.Parallel()
	template := hypervisor.GuestRef{VMID: 100, Node: "pve1"}
	for name, row := range map[string]struct {
		clone hypervisor.Clone
		want  map[string]string
	}{
		"linked": {hypervisor.Clone{VMID: 1234567, Name: "web1", Description: "mark", Storage: "ignored"}, map[string]string{"newid": "1234567", "full": "0", "name": "web1", "description": "mark"}},
		"full":   {hypervisor.Clone{VMID: 101, Full: true, Storage: "ceph"}, map[string]string{"newid": "101", "full": "1", "storage": "ceph"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := always(ok(`"` + upid + `"`))
			got, err := cluster(t, s, nil).Clone(context.Background(), template, row.clone)
			if err != nil || got != upid {
				t.Fatalf("got %q, %v; want the task id", got, err)
			}
			r := s.last(t)
			if sent := r.sent(t); !maps.Equal(sent, row.want) {
				t.Errorf("sent %v, want %v", sent, row.want)
			}
			if r.chunked || r.length <= 0 || r.header.Get("Content-Type") != "application/json" {
				t.Errorf("body sent with length %d, chunked %v, type %q; want a plain JSON body", r.length, r.chunked, r.header.Get("Content-Type"))
			}
			if want := "PVEAPIToken=" + tokenID + "=" + secret; r.header.Get("Authorization") != want {
				t.Errorf("Authorization is %q, want %q", r.header.Get("Authorization"), want)
			}
		})
	}
}

func TestTrap_startHasNoBody(t *testing.T) {
	t.Parallel()
	s := always(ok(`"` + upid + `"`))
	got, err := cluster(t, s, nil).Start(context.Background(), "pve1", 100)
	r := s.last(t)
	if err != nil || got != upid || r.method != "POST" || r.path != "/nodes/pve1/qemu/100/status/start" || r.body != "" || r.chunked {
		t.Errorf("got %q, %v and sent %s %s %q", got, err, r.method, r.path, r.body)
	}
}

func TestTrap_migrateSendsTheTarget(t *testing.T) {
	t.Parallel()
	for storage, want := range map[string]map[string]string{"": {"target": "pve2"}, "ceph": {"target": "pve2", "targetstorage": "ceph"}} {
		s := always(ok(`"` + upid + `"`))
		got, err := cluster(t, s, nil).Migrate(context.Background(), "pve1", 100, "pve2", storage)
		if sent := s.last(t).sent(t); err != nil || got != upid || !maps.Equal(sent, want) {
			t.Errorf("got %q, %v and sent %v, want %v", got, err, sent, want)
		}
	}
}

// The path of a pool takes no slash, so nested pools go through the call that 8 and later have.
func TestTrap_poolsAreLeftByTheCallThatTheReleaseHas(t *testing.T) {
	t.Parallel()
	for pool, row := range map[string]struct {
		path string
		want map[string]string
	}{
		"tenants":   {"/pools/tenants", map[string]string{"vms": "100", "delete": "1"}},
		"tenants/a": {"/pools", map[string]string{"vms": "100", "delete": "1", "poolid": "tenants/a"}},
	} {
		s := always(ok(`null`))
		err := cluster(t, s, nil).LeavePool(context.Background(), pool, 100)
		if r := s.last(t); err != nil || r.method != "PUT" || r.path != row.path || !maps.Equal(r.sent(t), row.want) {
			t.Errorf("%s: got %v and sent %s %s %s", pool, err, r.method, r.path, r.body)
		}
		s = always(reply{500, "update pools failed: VM 100 is not a pool member", ""})
		if err := cluster(t, s, nil).LeavePool(context.Background(), pool, 100); err != nil {
			t.Errorf("%s: a guest that is no member: %v", pool, err)
		}
	}
}

func TestTrap_configIsTextDeletesAreOneListAndTheDigestGoesAlong(t *testing.T) {
	t.Parallel()
	s := always(ok(`null`))
	err := cluster(t, s, nil).SetConfig(context.Background(), "pve1", 100, hypervisor.Change{
		Set:    map[string]string{"onboot": "1", "memory": "2048", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"},
		Delete: []string{"net1", "ipconfig1"}, Digest: "abc",
	})
	if err != nil {
		t.Fatal(err)
	}
	r := s.last(t)
	want := map[string]string{"onboot": "1", "memory": "2048", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0", "delete": "net1,ipconfig1", "digest": "abc"}
	if got := r.sent(t); r.method != "PUT" || r.path != "/nodes/pve1/qemu/100/config" || !maps.Equal(got, want) {
		t.Errorf("got %s %s %v, want PUT config %v", r.method, r.path, got, want)
	}
	if err := cluster(t, s, nil).SetConfig(context.Background(), "pve1", 100, hypervisor.Change{Digest: "abc"}); err != nil || len(s.requests()) != 1 {
		t.Errorf("an empty change was sent or failed (%v); Proxmox answers it with 500", err)
	}
}

func TestTrap_sshKeysAreEncodedOnce(t *testing.T) {
	t.Parallel()
	s := always(ok(`null`))
	keys := "ssh-ed25519 AAAA+b/c= me@home\r\n\nssh-rsa BBBB== you\n"
	if err := cluster(t, s, nil).SetConfig(context.Background(), "pve1", 100, hypervisor.Change{Set: map[string]string{"sshkeys": keys}}); err != nil {
		t.Fatal(err)
	}
	want := "ssh-ed25519%20AAAA%2Bb%2Fc%3D%20me%40home%0Assh-rsa%20BBBB%3D%3D%20you"
	if got := s.last(t).sent(t)["sshkeys"]; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestTrap_configReadsNumbersAndTextAlike(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"7.4": `{"memory":2048,"onboot":1,"name":"a","digest":"d1","cpulimit":null}`,
		"9.2": `{"memory":"2048","onboot":1,"name":"a","digest":"d1"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cluster(t, always(ok(body)), nil).Config(context.Background(), "pve1", 100)
			want := map[string]string{"memory": "2048", "onboot": "1", "name": "a"}
			if err != nil || got.Digest != "d1" || !maps.Equal(got.Values, want) {
				t.Errorf("got %+v, %v; want %v with digest d1", got, err, want)
			}
		})
	}
}

func TestTrap_resizeAnswersNullIn74(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{`null`: "", `"` + upid + `"`: upid} {
		s := always(ok(body))
		got, err := cluster(t, s, nil).Resize(context.Background(), "pve1", 100, "scsi0", 40)
		if err != nil || got != want {
			t.Errorf("answer %s: got %q, %v; want %q", body, got, err, want)
		}
		if sent := s.last(t).sent(t); !maps.Equal(sent, map[string]string{"disk": "scsi0", "size": "40G"}) {
			t.Errorf("sent %v", sent)
		}
	}
}

// The driver's Ping keeps the old lock when Proxmox no longer sends one.
func TestTrap_aLockThatIsGoneIsGone(t *testing.T) {
	t.Parallel()
	s := &stub{answers: func(n int, _ request) reply {
		if n == 1 {
			return ok(`{"status":"stopped","lock":"clone","name":"VM 101"}`)
		}
		return ok(`{"status":"running","name":"web1","uptime":7}`)
	}}
	c := cluster(t, s, nil)
	first, err1 := c.Status(context.Background(), "pve1", 101)
	second, err2 := c.Status(context.Background(), "pve1", 101)
	if err1 != nil || err2 != nil || first != (hypervisor.GuestStatus{Lock: "clone", Name: "VM 101"}) || second != (hypervisor.GuestStatus{Running: true, Name: "web1", Uptime: 7}) {
		t.Errorf("got %+v (%v) then %+v (%v)", first, err1, second, err2)
	}
}

func TestTrap_firewallOptionsAreReadAndCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s := &stub{answers: func(_ int, r request) reply {
		if r.method == "GET" {
			return ok(`{"enable":1,"ipfilter":"0","policy_in":"DROP","digest":"x"}`)
		}
		return ok(`null`)
	}}
	c := cluster(t, s, nil)
	got, err := c.FirewallOptions(context.Background(), "pve1", 100)
	if want := map[string]string{"enable": "1", "ipfilter": "0", "policy_in": "DROP"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if err := c.SetFirewallOptions(context.Background(), "pve1", 100, map[string]string{"enable": "0", "dhcp": "0"}); err != nil {
		t.Fatal(err)
	}
	if sent := s.last(t).sent(t); !maps.Equal(sent, map[string]string{"enable": "0", "dhcp": "0"}) {
		t.Errorf("sent %v, want zeroes", sent)
	}
}

func TestTrap_rulesGoFromTheHighestPositionWithTheirDigest(t *testing.T) {
	t.Parallel()
	left := 3
	s := &stub{answers: func(_ int, r request) reply {
		if r.method == "DELETE" {
			left--
			return ok(`null`)
		}
		var rules []string
		for i := range left {
			rules = append(rules, fmt.Sprintf(`{"pos":%d,"type":"in","action":"ACCEPT","digest":"d%d"}`, i, left))
		}
		return ok("[" + strings.Join(rules, ",") + "]")
	}}
	c := cluster(t, s, nil)
	if n, err := c.FirewallRules(context.Background(), "pve1", 100); n != 3 || err != nil {
		t.Errorf("got %d rules, %v; want 3", n, err)
	}
	if err := c.DropFirewallRules(context.Background(), "pve1", 100); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range s.requests() {
		if r.method == "DELETE" {
			got = append(got, r.path+"?"+r.query)
		}
	}
	base := "/nodes/pve1/qemu/100/firewall/rules/"
	if want := []string{base + "2?digest=d3", base + "1?digest=d2", base + "0?digest=d1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTrap_ipSetsReadExclusionsAndDropByForce(t *testing.T) {
	t.Parallel()
	s := &stub{answers: func(_ int, r request) reply {
		if r.method == "GET" {
			return ok(`[{"cidr":"10.0.0.5/32","digest":"d"},{"cidr":"10.0.0.6","nomatch":1},{"cidr":"2001:db8::1/128"},{"cidr":"2001:0db8::/64"}]`)
		}
		return ok(`null`)
	}}
	c := cluster(t, s, nil)
	got, err := c.IPSet(context.Background(), "pve1", 100, "ipfilter-net0")
	if want := []string{"10.0.0.5", "2001:db8::1", "2001:0db8::/64"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if err := c.DropIPSet(context.Background(), "pve1", 100, "ipfilter-net0"); err != nil || s.last(t).query != "force=1" {
		t.Errorf("got query %q, %v; want force=1", s.last(t).query, err)
	}
	if err := c.RemoveFromIPSet(context.Background(), "pve1", 100, "ipfilter-net0", "2001:0db8::/64"); err != nil {
		t.Fatal(err)
	}
	r := s.last(t)
	if r.path != "/nodes/pve1/qemu/100/firewall/ipset/ipfilter-net0/2001:0db8::%2F64" || r.body != "" || r.length > 0 || r.header.Get("Content-Type") != "" {
		t.Errorf("got DELETE %s with body %q and type %q, want the escaped member and no body", r.path, r.body, r.header.Get("Content-Type"))
	}
	if err := c.AddToIPSet(context.Background(), "pve1", 100, "ipfilter-net0", "2001:0DB8::0005"); err != nil || s.last(t).sent(t)["cidr"] != "2001:db8::5" {
		t.Errorf("got %s, %v; want the canonical address", s.last(t).body, err)
	}
}

func TestTrap_whatAlreadyExistsInAnIPSetIsFine(t *testing.T) {
	t.Parallel()
	s := &stub{answers: func(_ int, r request) reply {
		if r.method == "PUT" {
			return ok(`null`)
		}
		return reply{400, "Parameter verification failed.", `{"errors":{"cidr":"address '10.0.0.5' already exists"}}`}
	}}
	c := cluster(t, s, nil)
	if err := c.AddToIPSet(context.Background(), "pve1", 100, "ipfilter-net0", "10.0.0.5"); err != nil {
		t.Errorf("add: got %v", err)
	}
	if r := s.last(t); r.path != "/nodes/pve1/qemu/100/firewall/ipset/ipfilter-net0/10.0.0.5" || r.sent(t)["nomatch"] != "0" {
		t.Errorf("got %s %s, want an excluded member to be included", r.path, r.body)
	}
	c = cluster(t, always(reply{400, "Parameter verification failed.", `{"errors":{"name":"IPSet 'ipfilter-net0' already exists"}}`}), nil)
	if err := c.CreateIPSet(context.Background(), "pve1", 100, "ipfilter-net0"); err != nil {
		t.Errorf("create: got %v", err)
	}
	c = cluster(t, always(reply{500, "no such IPSet 'ipfilter-net0'", ""}), nil)
	if err := c.DropIPSet(context.Background(), "pve1", 100, "ipfilter-net0"); err != nil {
		t.Errorf("drop: got %v", err)
	}
	if _, err := c.IPSet(context.Background(), "pve1", 100, "ipfilter-net0"); !errors.Is(err, hypervisor.ErrMissing) {
		t.Errorf("list: got %v, want ErrMissing", err)
	}
}

func TestTrap_aFailedTaskIsNoSuccessAndWarningsAreOne(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer reply
		want   hypervisor.Task
		fails  bool
	}{
		"running":  {ok(`{"status":"running"}`), hypervisor.Task{Running: true}, false},
		"ok":       {ok(`{"status":"stopped","exitstatus":"OK"}`), hypervisor.Task{OK: true, Exit: "OK"}, false},
		"warnings": {ok(`{"status":"stopped","exitstatus":"WARNINGS: 2"}`), hypervisor.Task{OK: true, Exit: "WARNINGS: 2"}, false},
		"failed":   {ok(`{"status":"stopped","exitstatus":"clone failed: no space"}`), hypervisor.Task{Exit: "clone failed: no space"}, false},
		"no exit":  {ok(`{"status":"stopped"}`), hypervisor.Task{}, false},
		"gone":     {reply{400, "Parameter verification failed.", `{"errors":{"upid":"no such task"}}`}, hypervisor.Task{Gone: true}, false},
		"595":      {reply{595, "No route to host", ""}, hypervisor.Task{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := always(row.answer)
			got, err := cluster(t, s, nil).Task(context.Background(), upid)
			if got != row.want || (err != nil) != row.fails {
				t.Errorf("got %+v, %v; want %+v, error %v", got, err, row.want, row.fails)
			}
			if !strings.HasPrefix(s.last(t).path, "/nodes/pve1/tasks/UPID:pve1:") {
				t.Errorf("asked %s, want the node of the task", s.last(t).path)
			}
		})
	}
}

func TestTrap_vagueTaskEndsAreExplainedByTheLog(t *testing.T) {
	t.Parallel()
	for logged, want := range map[string]string{
		"2026-03-01 ERROR: can't migrate local disk 'l:1/x': storage full":                             "migration aborted: can't migrate local disk 'l:1/x': storage full",
		"2026-03-01 ERROR: migration aborted (duration 00:00:01): no space at /usr/share/X.pm line 7.": "migration aborted: no space",
		"all is well": "migration aborted",
	} {
		s := &stub{answers: func(_ int, r request) reply {
			if strings.HasSuffix(r.path, "/log") {
				return ok(`[{"n":1,"t":"starting migration"},{"n":2,"t":"` + logged + `"},{"n":3,"t":"TASK ERROR: migration aborted"}]`)
			}
			return ok(`{"status":"stopped","exitstatus":"migration aborted"}`)
		}}
		got, err := cluster(t, s, nil).Task(context.Background(), upid)
		if err != nil || got.OK || got.Exit != want {
			t.Errorf("got %+v, %v; want %q", got, err, want)
		}
	}
}

func TestTrap_aStringThatIsNoTaskIDIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	s := always(ok(`null`))
	for _, bad := range []string{"", "OK", "UPID:pve1:1:2"} {
		if _, err := cluster(t, s, nil).Task(context.Background(), bad); err == nil {
			t.Errorf("%q was taken for a task id", bad)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// At debug level the driver prints bodies; errors of net/http repeat URLs; Proxmox repeats values in its messages.
func TestTrap_noSecretReachesLogsOrErrors(t *testing.T) {
	t.Parallel()
	const password = "marker-cipassword-7"
	var log bytes.Buffer
	s := always(reply{400, "Parameter verification failed.", `{"errors":{"cipassword":"value '` + password + `' is too weak"}}`})
	c := cluster(t, s, func(cfg *proxmox.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	err := c.SetConfig(context.Background(), "pve1", 100, hypervisor.Change{Set: map[string]string{"cipassword": password, "ciuser": "root"}})
	said := err.Error() + log.String() + fmt.Sprintf("%v %+v %#v", proxmox.Auth{TokenID: tokenID, Secret: secret}, proxmox.Auth{TokenID: tokenID, Secret: secret}, proxmox.Auth{TokenID: tokenID, Secret: secret})
	for _, marker := range []string{password, secret} {
		if strings.Contains(said, marker) {
			t.Errorf("%q is in a log or an error:\n%s", marker, said)
		}
	}
	if !strings.Contains(log.String(), "/nodes/pve1/qemu/100/config") {
		t.Errorf("the call itself is not in the debug log: %q", log.String())
	}
}

func TestTrap_atMostSoManyCallsAtOnceAndTheRestWaits(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	release := make(chan struct{})
	s := &stub{answers: func(int, request) reply {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-release
		now.Add(-1)
		return ok(`[]`)
	}}
	calls := new(atomic.Int64)
	c := cluster(t, s, func(cfg *proxmox.Config) { cfg.Parallel, cfg.Calls = 2, calls })
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := c.Nodes(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	for now.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Nodes(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a waiting call ended with %v, want its context's error", err)
	}
	close(release)
	wg.Wait()
	if most.Load() != 2 || calls.Load() != 6 {
		t.Errorf("%d calls at once and %d in all, want 2 and 6", most.Load(), calls.Load())
	}
}
