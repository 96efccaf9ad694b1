package rowedit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/addresses"
	"github.com/kvmbridge/kvmbridge/internal/store/finder"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/states"
)

// work is our row of the machine, which every write of a lease touches first.
type work struct {
	ServerID int64          `db:"server_id"`
	Holder   sql.NullString `db:"lease_holder"`
	WakeAt   sql.NullTime   `db:"wake_at"`
	Wish     sql.NullString `db:"wish"`
	EndedAt  sql.NullTime   `db:"ended_at"`
	Jobs     bool           `db:"jobs"`
}

// lock keeps everybody else from the machine until the end of the transaction. One of the reference product gets its row here.
func (s *saving) lock(ctx context.Context) (w work, err error) {
	_, err = s.q.ExecContext(ctx, `INSERT INTO kvmbridge_vm (service_id, server_id, adopted, created_at)
		SELECT i.service_id, COALESCE((SELECT h.server FROM tblhosting h WHERE h.id = i.service_id), 0), 1, ? FROM puqProxmoxKVM_vm_info i
		WHERE i.service_id = ? AND NOT EXISTS (SELECT 1 FROM kvmbridge_vm v WHERE v.service_id = i.service_id) LIMIT 1
		ON DUPLICATE KEY UPDATE woken = woken`, tx.Moment(s.now), s.edit.ServiceID)
	if err != nil {
		return w, err
	}
	err = s.q.GetContext(ctx, &w, `SELECT server_id, lease_holder, wake_at, wish, ended_at,
		EXISTS (SELECT 1 FROM kvmbridge_jobs j WHERE j.service_id = v.service_id) AS jobs
		FROM kvmbridge_vm v WHERE service_id = ? FOR UPDATE`, s.edit.ServiceID)
	if errors.Is(err, sql.ErrNoRows) {
		err = vm.ErrNoMachine
	}
	return w, err
}

// find is the change of a column.
func find(changes []change, name string) (change, bool) {
	for _, c := range changes {
		if c.is(name) {
			return c, true
		}
	}
	return change{}, false
}

// follow lets the engine know. Whoever holds a lease loses it, because what it read is not what stands there now.
func (s *saving) follow(ctx context.Context, w work, changes []change) (cut, freed bool, err error) {
	moved, isMoved := find(changes, "vm_status")
	switch {
	case isMoved:
		freed, err = s.move(ctx, w, pipeline.State(moved.text), pipeline.State(moved.after()))
		return true, freed, err
	case !w.Holder.Valid:
		return false, false, nil
	}
	_, err = s.q.ExecContext(ctx, `UPDATE kvmbridge_vm SET lease_holder = NULL, lease_token = lease_token + 1, woken = 0, task = '', wake_at = ?
		WHERE service_id = ?`, tx.Moment(s.now), s.edit.ServiceID)
	return true, false, err
}

// move ends whatever is being done and lets the new status begin at once, as a reset does.
func (s *saving) move(ctx context.Context, w work, from, to pipeline.State) (freed bool, err error) {
	wake, wish, ended := s.now, w.afterwards(from, to), sql.NullTime{}
	if states.Resting(to) && (to != vm.Ready || !wish.Valid && !w.Jobs) {
		wake = time.Time{}
	}
	switch to {
	case vm.Terminate:
		ended = endOf(w, from, s.now)
	case vm.ErrorTerminate:
		ended = w.EndedAt
	}
	_, err = s.q.ExecContext(ctx, `UPDATE kvmbridge_vm SET wish = ?, wake_at = ?, task = '', woken = 0, lease_holder = NULL, lease_token = lease_token + 1,
		failures = 0, failing_since = NULL, attention = NULL, attention_at = NULL, last_error = NULL, ended_at = ? WHERE service_id = ?`,
		wish, tx.Moment(wake), ended, s.edit.ServiceID)
	if err != nil || to != vm.Removed {
		return false, err
	}
	return true, s.release(ctx)
}

// afterwards is what is taken up once the new status has led to its end. A change of package that was under way is not lost.
func (w work) afterwards(from, to pipeline.State) sql.NullString {
	changing := from == vm.ChangePackage || strings.HasPrefix(string(from), "cp_")
	switch to {
	case pipeline.State(w.Wish.String), vm.ErrorTerminate, vm.Removed:
		w.Wish = sql.NullString{}
	}
	again := to == vm.Terminate || to == vm.Creation || to == vm.SetIP || to == vm.SetDNSRecords
	if changing && again {
		return plain.Text(string(vm.ChangePackage))
	}
	return w.Wish
}

// endOf is since when a machine is being terminated; one that was still being built has no end that could be taken back.
func endOf(w work, from pipeline.State, now time.Time) sql.NullTime {
	if from == vm.ErrorTerminate || from == vm.Removed || vm.Building(from) {
		return w.EndedAt
	}
	return tx.Moment(now)
}

// release gives up what a guest that is gone had; the record's own columns stay as the person left them.
func (s *saving) release(ctx context.Context) error {
	if err := addresses.Drop(ctx, s.q, s.edit.ServiceID); err != nil {
		return err
	}
	for _, query := range []string{
		"DELETE FROM kvmbridge_vmid_reservations WHERE service_id = ?",
		"DELETE FROM kvmbridge_jobs WHERE service_id = ?",
		"UPDATE kvmbridge_vm SET discard = 0, next_name = NULL, adopted = 0, node = '' WHERE service_id = ?",
	} {
		if _, err := s.q.ExecContext(ctx, query, s.edit.ServiceID); err != nil {
			return err
		}
	}
	return nil
}

// renumber keeps the reservation with the id, so that no two services name one guest.
func (s *saving) renumber(ctx context.Context, w work, changes []change) error {
	c, ok := find(changes, "vm_id")
	if !ok {
		return nil
	}
	id := plain.Number(c.after())
	if _, err := s.q.ExecContext(ctx, "DELETE FROM kvmbridge_vmid_reservations WHERE service_id = ?", s.edit.ServiceID); err != nil || id == 0 {
		return err
	}
	holder, err := s.holder(ctx, w.ServerID, id)
	if err == nil && holder != 0 {
		err = FormErrors{{c.Name, fmt.Sprintf("VM %d of server %d is that of service %d.", id, w.ServerID, holder)}}
	}
	if err != nil {
		return err
	}
	_, err = s.q.ExecContext(ctx, `INSERT INTO kvmbridge_vmid_reservations (server_id, vmid, service_id, reserved_at) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE service_id = COALESCE(service_id, VALUES(service_id))`, w.ServerID, id, s.edit.ServiceID, tx.Moment(s.now))
	return err
}

// holder is another service that has the id, by its reservation or its record; 0 = none.
func (s *saving) holder(ctx context.Context, serverID int64, id int) (int64, error) {
	var reserved []int64
	err := s.q.SelectContext(ctx, &reserved, "SELECT service_id FROM kvmbridge_vmid_reservations WHERE server_id = ? AND vmid = ? AND service_id IS NOT NULL FOR UPDATE", serverID, id)
	if err != nil {
		return 0, err
	}
	if len(reserved) > 0 {
		return reserved[0], nil
	}
	rows, err := finder.Machines(ctx, s.q, serverID)
	for _, r := range rows {
		if r.ServiceID != s.edit.ServiceID && r.VMID == id && r.Status != vm.Removed {
			return r.ServiceID, nil
		}
	}
	return 0, err
}

// tell is the entry of the activity log.
func tell(e Edit, changes []change) string {
	var parts []string
	for _, c := range changes {
		parts = append(parts, c.Name+": "+c.differs())
	}
	return "kvmbridge: the VM record of service " + strconv.FormatInt(e.ServiceID, 10) + " was edited by " + e.By + ". " + strings.Join(parts, "; ")
}

// most is how many characters of a value the log shows around what changed.
const (
	most  = 240
	about = 40
)

// differs shows a value before and after; of long ones only the part that changed.
func (c change) differs() string {
	if c.secret() {
		return "changed (a secret)"
	}
	before, after := []rune(canon(c.text)), []rune(c.after())
	start := 0
	for start < len(before) && start < len(after) && before[start] == after[start] {
		start++
	}
	if len(before) <= most && len(after) <= most {
		start = 0
	}
	return shown(before, c.null, start) + " -> " + shown(after, c.write == nil, start)
}

func shown(text []rune, null bool, start int) string {
	if null {
		return "NULL"
	}
	from := max(0, start-about)
	to := min(len(text), from+most)
	quoted := `"` + string(text[min(from, to):to]) + `"`
	if from > 0 {
		quoted = "..." + quoted
	}
	if to < len(text) {
		quoted += fmt.Sprintf("... (%d characters)", len(text))
	}
	return quoted
}
