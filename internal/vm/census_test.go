package vm_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// census is everything there is of all services at one moment: in Proxmox, in our tables and in WHMCS's.
type census struct {
	citizens []citizen
	guests   []pvesim.GuestView
	foreign  []pvesim.GuestView // as they were before
	touched  []string           // requests that change one of them
	book     []string           // addresses leased, one by one
	volumes  []string           // disks in the storages, "vmid volume"
	restless []string           // what still runs, waits or is held
	certain  map[effect]int
	open     map[effect]int
}

// citizen is one service.
type citizen struct {
	*account

	mark     string
	want     wish // as its product says
	machine  vm.Machine
	recorded bool
	held     []ippool.Lease
	shown    string // addresses in tblhosting
	domain   string
	reserved string // VM ids
	secrets  string // how many
	queue    string // its jobs and its wish
	box      []entry
}

// entry is one of the outbox.
type entry struct {
	ID      int64  `db:"id"`
	Service int64  `db:"service_id"`
	Kind    string `db:"kind"`
	Subject string `db:"subject"`
}

// count takes the census.
func (s *storm) count() *census {
	s.t.Helper()
	c := &census{guests: s.guests(), foreign: s.foreign, certain: s.tally.certain, open: s.tally.open, volumes: s.volumes()}
	instance := s.instance()
	for _, a := range s.accounts {
		c.citizens = append(c.citizens, s.citizen(a, vm.Mark(instance, a.id)))
	}
	for _, r := range s.sim.Requests() {
		if r.Method != http.MethodGet && containsGuest(s.foreign, subject(r.Path)) {
			c.touched = append(c.touched, r.Method+" "+r.Path)
		}
	}
	must(s.t, s.db.SQL.SelectContext(s.t.Context(), &c.book, "SELECT HEX(address) FROM kvmbridge_ip_allocations"))
	s.deliver(c)
	for what, query := range map[string]string{
		"run":   "SELECT service_id FROM kvmbridge_runs WHERE result = 'running'",
		"lease": "SELECT service_id FROM kvmbridge_vm WHERE lease_holder IS NOT NULL",
		"task":  "SELECT service_id FROM kvmbridge_vm WHERE task <> ''",
		"look":  "SELECT service_id FROM kvmbridge_vm WHERE wake_at IS NOT NULL",
	} {
		var ids []string
		must(s.t, s.db.SQL.SelectContext(s.t.Context(), &ids, query))
		for _, id := range ids {
			c.restless = append(c.restless, what+" of service "+id)
		}
	}
	return c
}

func (s *storm) citizen(a *account, mark string) citizen {
	s.t.Helper()
	text := func(query string) string { return s.db.Text(s.t, query, a.id) }
	z := citizen{
		account: a, mark: mark, want: s.wants(a),
		shown:    strings.TrimSpace(text("SELECT CONCAT(dedicatedip, '\n', assignedips) FROM tblhosting WHERE id = ?")),
		domain:   text("SELECT domain FROM tblhosting WHERE id = ?"),
		reserved: text("SELECT COALESCE(GROUP_CONCAT(vmid), '') FROM kvmbridge_vmid_reservations WHERE service_id = ?"),
		secrets:  text("SELECT COUNT(*) FROM kvmbridge_secrets WHERE ref_id = ?"),
		queue: text(`SELECT CONCAT((SELECT COALESCE(GROUP_CONCAT(job), '') FROM kvmbridge_jobs j WHERE j.service_id = h.id),
			(SELECT COALESCE(MAX(v.wish), '') FROM kvmbridge_vm v WHERE v.service_id = h.id)) FROM tblhosting h WHERE h.id = ?`),
	}
	m, err := s.store.Find(s.t.Context(), a.id)
	if !errors.Is(err, vm.ErrNoMachine) {
		must(s.t, err)
		z.recorded, z.machine = true, m
	}
	z.held, err = s.store.Held(s.t.Context(), a.id)
	must(s.t, err)
	return z
}

// deliver sorts the outbox by service.
func (s *storm) deliver(c *census) {
	var all []entry
	must(s.t, s.db.SQL.SelectContext(s.t.Context(), &all, "SELECT id, service_id, kind, subject FROM kvmbridge_outbox ORDER BY id"))
	at := map[int64]int{}
	for i, z := range c.citizens {
		at[z.id] = i
	}
	for _, e := range all {
		e.Subject = subjectOf(e.Kind, e.Subject)
		z := &c.citizens[at[e.Service]]
		z.box = append(z.box, e)
	}
}

// guest is the one that carries the citizen's mark; n is how many do.
func (c *census) guest(z citizen) (g pvesim.GuestView, n int) {
	for _, have := range c.guests {
		if slices.Contains(strings.Fields(have.Description), z.mark) {
			g = have
			n++
		}
	}
	return g, n
}

// ids lists the citizen's entries of a kind and subject.
func (z citizen) ids(kind, subject string) (ids []int64) {
	for _, e := range z.box {
		if e.Kind == kind && e.Subject == subject {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// volumes lists the disks in all storages of guests.
func (s *storm) volumes() (list []string) {
	s.t.Helper()
	for _, node := range []string{"pve1", "pve2", "pve3"} {
		for _, storage := range []string{"local-lvm", "shared"} {
			var answer struct {
				Data []struct {
					VMID    int    `json:"vmid"`
					Volume  string `json:"volid"`
					Content string `json:"content"`
				} `json:"data"`
			}
			must(s.t, json.Unmarshal(s.fetch(http.MethodGet, "/nodes/"+node+"/storage/"+storage+"/content"), &answer))
			for _, v := range answer.Data {
				if v.Content == "images" {
					list = append(list, strconv.Itoa(v.VMID)+" "+v.Volume+" on "+node)
				}
			}
		}
	}
	return list
}
