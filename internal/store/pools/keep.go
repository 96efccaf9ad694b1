package pools

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Fields of the form that keeps an address back.
const (
	FieldAddress = "address"
	FieldNote    = "note"
)

// longestNote is how many characters a note may have.
const longestNote = 255

// Keep keeps an address of a pool back, so that no service ever gets it: at once when it is free, else as soon as the service
// that holds it gives it up. Keeping it again changes the note. Errors about what was typed are ippool.FormErrors.
func (b *Book) Keep(ctx context.Context, by, poolID int64, address, note string) error {
	a, note, faults := readKeep(address, note)
	if len(faults) > 0 {
		return faults
	}
	k := keeping{book: b, by: by, address: a, note: note}
	err := b.change(ctx, by, func(q *sqlx.Tx) error { return k.run(ctx, q, poolID) })
	if tx.Number(err) == tx.Duplicate || errors.Is(err, sql.ErrNoRows) { // it was handed out or given up that moment
		err = b.change(ctx, by, func(q *sqlx.Tx) error { return k.run(ctx, q, poolID) })
	}
	return wrap(err, fmt.Sprintf("keep an address of IP pool %d back", poolID))
}

func readKeep(address, note string) (a netip.Addr, text string, faults ippool.FormErrors) {
	a, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil {
		faults = append(faults, ippool.Fault{Field: FieldAddress, Text: "Write the address that is to be kept back, such as 192.0.2.10."})
	}
	text = strings.TrimSpace(strings.ToValidUTF8(note, "?"))
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		faults = append(faults, ippool.Fault{Field: FieldNote, Text: "Write why the address is kept back; whoever finds it later has to know."})
	case n > longestNote:
		faults = append(faults, ippool.Fault{Field: FieldNote, Text: fmt.Sprintf("The note has %d characters; at most %d fit.", n, longestNote)})
	}
	return a.Unmap().WithZone(""), text, faults
}

// keeping is one call of Keep.
type keeping struct {
	book    *Book
	by      int64
	address netip.Addr
	note    string
}

func (k keeping) run(ctx context.Context, q *sqlx.Tx, poolID int64) error {
	r, err := locked(ctx, q, poolID, "LOCK IN SHARE MODE")
	if err != nil {
		return err
	}
	p, _ := r.Pool()
	if !ippool.Contains(p, k.address) {
		return ippool.FormErrors{{Field: FieldAddress, Text: fmt.Sprintf("%s is not in the range %s - %s of pool %d.", k.address, p.First, p.Last, p.ID)}}
	}
	c, err := takeCensus(ctx, q)
	if err != nil {
		return err
	}
	t, _ := c.at(p, k.address)
	switch t.kind {
	case Leased, Kept:
		return k.renote(ctx, q, p, t)
	case Gateway, Listed, Shown:
		return ippool.FormErrors{{Field: FieldAddress, Text: k.refusal(t)}}
	}
	return k.insert(ctx, q, p)
}

// at is what is known of a taken address; false for a free one.
func (c *census) at(p ippool.Pool, a netip.Addr) (taken, bool) {
	for _, t := range c.taken(p) {
		if t.address == a {
			return t, true
		}
	}
	return taken{}, false
}

func (k keeping) refusal(t taken) string {
	return fmt.Sprintf("%s %s", k.address, map[Kind]string{
		Gateway: "is a gateway, which is never handed out.",
		Listed:  "is in the address list of the server entry in WHMCS, which has it to itself; take it out there first.",
		Shown:   fmt.Sprintf("is shown by service %d in WHMCS, which may still take it; remove it from the service first.", t.service),
	}[t.kind])
}

func (k keeping) renote(ctx context.Context, q *sqlx.Tx, p ippool.Pool, t taken) error {
	var old string
	if err := q.GetContext(ctx, &old, "SELECT COALESCE(note, '') FROM kvmbridge_ip_allocations WHERE id = ? FOR UPDATE", t.row); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, "UPDATE kvmbridge_ip_allocations SET note = ?, noted_by = ?, noted_at = ? WHERE id = ?",
		k.note, k.by, tx.Moment(k.book.clock.Now()), t.row)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("keeps %s of IP pool %d back: note %s -> %s", k.address, p.ID, orNone(old), k.note)
	if t.kind == Leased {
		what = fmt.Sprintf("keeps %s of IP pool %d back as soon as service %d gives it up: note %s -> %s", k.address, p.ID, t.service, orNone(old), k.note)
	}
	return k.book.log(ctx, q, k.by, what)
}

func (k keeping) insert(ctx context.Context, q *sqlx.Tx, p ippool.Pool) error {
	now := tx.Moment(k.book.clock.Now())
	gateway := []byte{}
	if p.Gateway.IsValid() {
		gateway = p.Gateway.AsSlice()
	}
	_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_ip_allocations
		(server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at, note, noted_by, noted_at) VALUES (?, ?, ?, ?, 0, ?, ?, ?, '', ?, ?, ?, ?)`,
		p.ServerID, p.Bridge, p.VLAN, k.address.AsSlice(), p.ID, p.Bits, gateway, now, k.note, k.by, now)
	if err != nil {
		return err
	}
	return k.book.log(ctx, q, k.by, fmt.Sprintf("keeps %s of IP pool %d back: %s", k.address, p.ID, k.note))
}

// Release lets an address be handed out again, or not be kept back later. Errors about the address are ippool.FormErrors.
func (b *Book) Release(ctx context.Context, by, poolID int64, address string) error {
	a, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil {
		return ippool.FormErrors{{Field: FieldAddress, Text: fmt.Sprintf("%q is no address.", plain.Clean(address))}}
	}
	err = b.change(ctx, by, func(q *sqlx.Tx) error { return b.release(ctx, q, by, poolID, a.Unmap().WithZone("")) })
	return wrap(err, fmt.Sprintf("release an address of IP pool %d", poolID))
}

func (b *Book) release(ctx context.Context, q *sqlx.Tx, by, poolID int64, a netip.Addr) error {
	r, err := locked(ctx, q, poolID, "LOCK IN SHARE MODE")
	if err != nil {
		return err
	}
	p, _ := r.Pool()
	var kept []struct {
		ID   int64  `db:"id"`
		Note string `db:"note"`
	}
	err = q.SelectContext(ctx, &kept, `SELECT id, note FROM kvmbridge_ip_allocations
		WHERE server_id = ? AND bridge = ? AND vlan = ? AND address = ? AND note IS NOT NULL FOR UPDATE`, p.ServerID, p.Bridge, p.VLAN, a.AsSlice())
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		return ippool.FormErrors{{Field: FieldAddress, Text: fmt.Sprintf("%s is not kept back; somebody may have released it meanwhile.", a)}}
	}
	if err := dropKept(ctx, q, []int64{kept[0].ID}); err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, "UPDATE kvmbridge_ip_allocations SET note = NULL, noted_by = NULL, noted_at = NULL WHERE id = ?", kept[0].ID)
	if err != nil {
		return err
	}
	return b.log(ctx, q, by, fmt.Sprintf("no longer keeps %s of IP pool %d back: note was %s", a, p.ID, kept[0].Note))
}
