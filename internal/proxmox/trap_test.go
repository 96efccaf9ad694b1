package proxmox_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/vm"
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
			return c.SetConfig(context.Background(), "pve1", 100, vm.Change{Set: map[string]string{"cores": "2"}})
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
				if got, want := errors.Is(err, vm.ErrUnknownOutcome), row.unknown && call.write; got != want {
					t.Errorf("%q is an unknown outcome: got %v, want %v", err, got, want)
				}
				if !strings.Contains(err.Error(), row.text) || strings.ContainsAny(err.Error(), "{}") {
					t.Errorf("got %q, want a sentence with %q and without JSON", err, row.text)
				}
			})
		}
	}
}
