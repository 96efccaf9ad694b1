package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestPass_orderToReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Store(t)
	ctx := t.Context()
	if err := d.Open(ctx, w.order()); err != nil {
		t.Fatal(err)
	}
	if err := d.Open(ctx, w.order()); !errors.Is(err, vm.ErrExists) {
		t.Errorf("second Open: %v, want ErrExists", err)
	}
	now := time.Now().UTC()
	ids, next, err := d.Due(ctx, now, 10)
	if err != nil || len(ids) != 1 || ids[0] != w.service || !next.IsZero() {
		t.Fatalf("Due = %v, %v, %v", ids, next, err)
	}
	lease, m, err := d.Claim(ctx, w.service, now)
	if err != nil {
		t.Fatal(err)
	}
	if m.Status != vm.Creation || m.Password != "s3cret é" || m.Domain != "vm-1.example.com" || m.ClientID != w.client {
		t.Errorf("machine = %+v", m)
	}
	w.Pool(t, ippool.Pool{ServerID: w.server, First: addr("10.0.0.2"), Last: addr("10.0.0.9"), Network: ippool.Network{Bridge: "vmbr0", Bits: 24, Gateway: addr("10.0.0.1")}})
	got, err := d.Lease(ctx, ippool.Want{ServiceID: w.service, ServerID: w.server, IPv4: 1, Auto: true})
	if err != nil || len(got) != 1 || got[0].Address != addr("10.0.0.2") {
		t.Fatalf("Lease = %v, %v", got, err)
	}
	run, err := d.Begin(ctx, lease, "deploy", vm.Creation, now)
	if err != nil {
		t.Fatal(err)
	}
	m.VMID = 123
	e := pipeline.Entry{N: 1, Label: "Allocate IP", From: vm.Creation, To: vm.SetIP, Result: "success", Started: now, Took: 50 * time.Millisecond}
	if err := d.Settle(ctx, lease, &run, m, e); err != nil {
		t.Fatal(err)
	}
	m.Mails = []vm.Mail{{Template: "ready", Vars: map[string]string{"a": "b"}}}
	e = pipeline.Entry{N: 2, Label: "Verify", From: vm.SetIP, To: vm.Ready, Result: "success", Started: now, Took: 50 * time.Millisecond}
	if err := d.Settle(ctx, lease, &run, m, e); err != nil {
		t.Fatal(err)
	}
	if err := d.End(ctx, lease, &run, m, now, time.Time{}); err != nil {
		t.Fatal(err)
	}
	ids, next, err = d.Due(ctx, now.Add(time.Hour), 10)
	if err != nil || len(ids) != 0 || !next.IsZero() {
		t.Errorf("Due after ready = %v, %v, %v; want nothing", ids, next, err)
	}
	t.Log(w.Text(t, "SELECT vm_last_action_log FROM puqProxmoxKVM_vm_info"))
	t.Log(w.Text(t, "SELECT vm_deploy_log FROM puqProxmoxKVM_vm_info"))
	effects, _, err := d.Pending(ctx, now.Add(time.Second), 10)
	if err != nil || len(effects) != 1 || effects[0].Subject != "ready" || effects[0].ClientID != w.client {
		t.Fatalf("Pending = %+v, %v", effects, err)
	}
}
