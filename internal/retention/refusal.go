package retention

import (
	"fmt"
	"slices"
)

// Kind of a copy.
type Kind int

// Kinds.
const (
	Snapshot Kind = iota
	Backup
)

func (k Kind) String() string { return [...]string{"snapshot", "backup"}[k] }

// Wish is a copy that somebody wants, and what is known of the machine.
type Wish struct {
	Kind      Kind
	Scheduled bool // by the plan; else by a person
	Quota     int
	Have      []Copy
	// Lock is what Proxmox does to the guest right now, "" = nothing.
	Lock string
	// Storage is where backups go; "" = the product has none.
	Storage string
	// Rigid: a disk of the guest is on a storage without snapshots.
	Rigid bool
}

// RefusalError is a wish that cannot be granted now; its text is for the machine's owner.
type RefusalError struct {
	Text string
	// Passes: the same wish can be granted later without anybody doing anything.
	Passes bool
}

func (r RefusalError) Error() string { return r.Text }

// Refusal says why w cannot be granted, nil when it can.
func (w Wish) Refusal() error {
	for _, no := range []func() error{w.refusedByProduct, w.refusedByQuota, w.refusedByWork} {
		if err := no(); err != nil {
			return err
		}
	}
	return nil
}

func (w Wish) refusedByProduct() error {
	switch {
	case w.Quota <= 0:
		return refused("This service has no %ss. Order an upgrade with %ss to use them.", w.Kind, w.Kind)
	case w.Kind == Backup && w.Storage == "":
		return refused("This product has no storage for backups. Ask the provider to choose one in the product's settings (Backups storage).")
	case w.Kind == Snapshot && w.Rigid:
		return refused("A disk of this VM is on a storage that cannot make snapshots (raw or LVM). Use a backup instead.")
	}
	return nil
}

func (w Wish) refusedByQuota() error {
	kept := len(slices.DeleteFunc(slices.Clone(w.Have), func(c Copy) bool { return !c.Protected }))
	switch {
	case !w.Scheduled && len(w.Have) >= w.Quota:
		return refused("All %d %ss are taken. Remove one first.", w.Quota, w.Kind)
	case w.Scheduled && kept >= w.Quota:
		return refused("All %d %ss that this service may have are protected in Proxmox, so that none can make room. Take the protection off one, or raise the quota.", w.Quota, w.Kind)
	}
	return nil
}

func (w Wish) refusedByWork() error { return Busy(w.Lock) }

// Busy says that Proxmox works on the guest; nil when lock is "".
func Busy(lock string) error {
	if lock == "" {
		return nil
	}
	return RefusalError{Text: fmt.Sprintf("The VM is busy with %s. Try again when that has ended.", deed(lock)), Passes: true}
}

func refused(format string, args ...any) error {
	return RefusalError{Text: fmt.Sprintf(format, args...)}
}

// deed puts a lock of Proxmox into words.
func deed(lock string) string {
	words := map[string]string{
		"backup": "a backup", "snapshot": "a snapshot", "snapshot-delete": "the removal of a snapshot", "rollback": "the return to a snapshot",
		"create": "a restore", "clone": "being copied", "migrate": "a move to another node",
	}
	if text, known := words[lock]; known {
		return text
	}
	return "another operation (" + lock + ")"
}
