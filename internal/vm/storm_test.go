package vm_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// storm is a cluster, a database and a crowd of services to which everything happens at once, in stepped time.
type storm struct {
	*world

	seed     uint64
	time     *stepped
	began    time.Time
	tally    *tally
	accounts []*account
	families [][]listed
	procs    []*process
	doom     chan mishap // meets the process that writes something down next
	agenda   []errand
	foreign  []pvesim.GuestView
	counted  map[string]int // operations by name, with those that were refused apart
}

// listed is a product in WHMCS.
type listed struct {
	id   int64
	want wish
}

// errand is something that happens at a moment of the storm.
type errand struct {
	at time.Duration
	do func()
}

const (
	stormStep  = 250 * time.Millisecond
	stormLease = time.Minute
)

// seedOf is the environment's seed, or that of the suite.
func seedOf(t *testing.T, fixed uint64) uint64 {
	t.Helper()
	text := os.Getenv("KVMBRIDGE_TEST_SEED")
	if text == "" {
		return fixed
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	must(t, err)
	return seed
}

func newStorm(t *testing.T, seed uint64, services int, change ...func(*pvesim.Config)) *storm {
	t.Helper()
	clk := newStepped()
	s := &storm{
		world: newWorldAt(t, clk, stormLease, append([]func(*pvesim.Config){crowd}, change...)...),
		seed:  seed, time: clk, began: clk.Now(), tally: newTally(), doom: make(chan mishap, 1), counted: map[string]int{},
	}
	s.roomy()
	s.conns = 8
	s.foreign = s.guests()
	s.desk.Wake, s.desk.Interrupt = s.wake, s.interrupt
	s.listProducts()
	for i := range services {
		family := i % len(s.families)
		a := &account{family: family, id: s.db.Service(t, s.client, s.families[family][0].id, s.server)}
		s.status(a, "Pending")
		s.accounts = append(s.accounts, a)
	}
	return s
}

// listProducts makes families of products that differ in everything that a change may touch.
func (s *storm) listProducts() {
	r := rand.New(rand.NewPCG(s.seed, 1))
	for _, template := range []int{9000, 9001} {
		var family []listed
		for range 6 {
			p := randomWish(r)
			p.VM.Template, p.VM.Node, p.VM.Clone, p.VM.First, p.VM.User = template, "", "linked", 100, ""
			p.Network.DHCP4, p.Network.DHCP6, p.Network.Model = false, false, ""
			p.System.Storage, p.Additional.Storage = "", ""
			text, err := json.Marshal(p)
			must(s.t, err)
			family = append(family, listed{s.db.Product(s.t, string(text)), p})
		}
		s.families = append(s.families, family)
	}
}

// wants is the product of a service.
func (s *storm) wants(a *account) wish { return s.families[a.family][a.product].want }

// status is what WHMCS itself notes of a service.
func (s *storm) status(a *account, status string) {
	s.db.Exec(s.t, "UPDATE tblhosting SET domainstatus = ? WHERE id = ?", status, a.id)
}

// wake and interrupt reach the process that the desk belongs to, as in production; the others look by themselves.
func (s *storm) wake() {
	if len(s.procs) > 0 {
		s.procs[0].engine.Wake()
	}
}

func (s *storm) interrupt(id int64) {
	if len(s.procs) > 0 {
		s.procs[0].engine.Interrupt(id)
	}
}

// elapsed is how far the storm has come.
func (s *storm) elapsed() time.Duration { return s.time.Now().Sub(s.began) }

// later puts something on the agenda.
func (s *storm) later(in time.Duration, do func()) {
	s.agenda = append(s.agenda, errand{s.elapsed() + in, do})
	slices.SortStableFunc(s.agenda, func(a, b errand) int { return int(a.at - b.at) })
}

// step moves time on and lets the processes work. Time does not run away from a busy machine: it waits for the database.
func (s *storm) step() {
	s.time.step(stormStep)
	time.Sleep(1500 * time.Microsecond)
	for n := 0; s.busy() && n < 200; n++ {
		time.Sleep(500 * time.Microsecond)
	}
	s.bury()
	for len(s.agenda) > 0 && s.agenda[0].at <= s.elapsed() {
		do := s.agenda[0].do
		s.agenda = s.agenda[1:]
		do()
	}
}

func (s *storm) busy() bool {
	return slices.ContainsFunc(s.procs, func(p *process) bool { return p.Store.(*store.DB).Handle().Stats().InUse > 0 })
}

// while does something that may take time, and lets time pass.
func (s *storm) while(do func()) {
	done := make(chan struct{})
	go func() { do(); close(done) }()
	for {
		select {
		case <-done:
			return
		default:
		}
		s.time.step(stormStep)
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// spawn adds a process that works on everything.
func (s *storm) spawn() *process {
	s.t.Helper()
	p := s.newProcess(nil)
	p.settle = func(m *vm.Machine, _ pipeline.Entry, commit func() error) error {
		return s.fate(p, func() error { return s.tally.settle(m, commit) })
	}
	p.stood = func(m *vm.Machine, t pipeline.Trouble, commit func() error) error {
		return s.fate(p, func() error { return s.tally.stand(m, t, commit) })
	}
	p.fate = func(commit func() error) error { return s.fate(p, commit) }
	for _, a := range s.accounts {
		p.adopt(a.id)
	}
	s.procs = append(s.procs, p)
	p.engine.Wake()
	return p
}

// idle tells that nobody works and nothing is due by time.
func (s *storm) idle() bool {
	return s.db.Text(s.t, "SELECT COUNT(*) FROM kvmbridge_vm WHERE wake_at IS NOT NULL OR lease_holder IS NOT NULL") == "0"
}

// calm lets time pass until nothing is left to do; help is what an admin does meanwhile, every minute.
func (s *storm) calm(help func()) {
	s.t.Helper()
	const patience = 90 * time.Minute
	for end, next := s.elapsed()+patience, s.elapsed()+time.Minute; ; s.step() {
		switch now := s.elapsed(); {
		case now > end:
			s.t.Fatalf("no rest after %s: %s", patience, s.restless())
		case now >= next:
			help()
			next = now + time.Minute
		case int(now/stormStep)%8 == 0 && len(s.agenda) == 0 && s.idle():
			return
		}
	}
}

func (s *storm) restless() string {
	return s.db.Text(s.t, `SELECT GROUP_CONCAT(v.service_id, ' at ', i.vm_status, ' ', COALESCE(v.last_error, ''), ' wish ', COALESCE(v.wish, '-') SEPARATOR '; ')
		FROM kvmbridge_vm v JOIN puqProxmoxKVM_vm_info i ON i.service_id = v.service_id WHERE v.wake_at IS NOT NULL OR v.lease_holder IS NOT NULL`)
}

// story is what happened to a service, for whoever has to find a fault.
func (s *storm) story(id int64) string {
	return strings.ReplaceAll(s.db.Text(s.t, `SELECT COALESCE(GROUP_CONCAT(r.id, ' ', r.action, ' ', s.from_status, '->', s.to_status, ' ', s.started_at, ' ', s.label, ' ', LEFT(s.result, 120), ' ', COALESCE(s.skip, '') ORDER BY r.id, s.n SEPARATOR '\n\t'), '')
		FROM kvmbridge_runs r JOIN kvmbridge_run_steps s ON s.run_id = r.id WHERE r.service_id = ?`, id), "2026-03-01 ", "")
}
