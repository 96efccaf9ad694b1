package views

import (
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// fail writes down that the next step of a service's machine did not work.
func fail(t *testing.T, s *store.DB, service int64, trouble pipeline.Trouble) {
	t.Helper()
	now := time.Now()
	l, m, err := s.Claim(t.Context(), service, now)
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.Begin(t.Context(), l, "deploy", m.Status, now)
	if err != nil {
		t.Fatal(err)
	}
	e := pipeline.Entry{N: 1, Label: "Allocate IP", From: m.Status, To: m.Status, Result: "no address is free", Started: now, Took: time.Second}
	if err := s.Fail(t.Context(), l, &run, m, e, trouble); err != nil {
		t.Fatal(err)
	}
}

// The page promises a next try where the database holds one, and nowhere else.
func TestVM_saysWhatComesOfAnError(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	s := db.Store(t)
	v := &Views{Store: s}
	client, product, server := db.Client(t, "Ada", "Byron"), db.Product(t, "{}"), db.Server(t, "pve")
	for name, c := range map[string]struct {
		trouble pipeline.Trouble
		status  pipeline.State // set afterwards
		want    web.Next
	}{
		"retried":      {pipeline.Trouble{Failures: 1, Since: time.Now(), Wake: time.Now().Add(time.Hour)}, vm.Creation, web.NextTry},
		"parked":       {pipeline.Trouble{Parked: true}, vm.Creation, web.NothingNext},
		"held":         {pipeline.Trouble{Parked: true, Wake: time.Now().Add(time.Hour)}, vm.Terminate, web.NothingNext},
		"was given up": {pipeline.Trouble{Parked: true}, vm.ErrorTerminate, web.NoNextTry},
	} {
		service := db.Service(t, client, product, server)
		order := vm.Order{ServiceID: service, ServerID: server, Name: "web", Domain: "web.example", Username: "ada", Password: "long-and-s3cret"}
		if err := s.Open(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		if got, err := v.VM(t.Context(), service); err != nil || got.Next != web.NothingNext || got.LastRun != nil {
			t.Errorf("%s: before anything failed: %+v, %v", name, got, err)
		}
		fail(t, s, service, c.trouble)
		db.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = ? WHERE service_id = ?", string(c.status), service)
		got, err := v.VM(t.Context(), service)
		if err != nil || got.Next != c.want || got.LastError != "no address is free" {
			t.Errorf("%s: %+v, %v; want %q", name, got, err, c.want)
		}
		if r := got.LastRun; r == nil || r.Good || r.Result != "waiting" || len(r.Steps) != 1 || r.Steps[0].Good {
			t.Errorf("%s: run %+v", name, r)
		}
	}
}

func TestShown_isGoodOnlyWhileNothingIsWrong(t *testing.T) {
	t.Parallel()
	for result, good := range map[string]bool{"running": true, "success": true, "waiting": false, "error": false} {
		got := shown(store.RunLog{Result: result, Steps: []store.StepLog{
			{Result: "success"}, {Result: "success", Skip: "no change"}, {Result: "no space"},
		}})
		if got.Good != good || !got.Steps[0].Good || !got.Steps[1].Good || got.Steps[1].Result != "skip (no change)" || got.Steps[2].Good {
			t.Errorf("%s: %+v", result, got)
		}
	}
}
