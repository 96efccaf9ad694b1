package dns

// Record is one value at a name.
type Record struct {
	Name    string // canonical
	Type    Type
	Content string // as in Change.Add
}

// State of a ledger row.
type State string

// States of ledger rows.
const (
	Live          State = "live"           // the provider has it
	PendingCreate State = "pending_create" // has to be there
	PendingDelete State = "pending_delete" // has to go
)

// Entry is a row of the ledger: a value that we put, or are about to put, into a zone for one service. Several services can have
// a row for the same value; it stays at the provider as long as one of them wants it.
type Entry struct {
	ID        int64 // 0 = not stored yet
	ServiceID int64
	ZoneID    int64
	Record
	// Ours is false once we learnt that the value was there before us; then nothing ever removes it. A row that is pending_create
	// is ours in advance.
	Ours  bool
	State State
	// Tried: a write of this value was begun before, so finding it there proves nothing about who made it. It is stored as true
	// before the provider is called, lest the process dies in between; the Settle after that call still gets the row as it was.
	Tried bool
}

// authored tells a row whose value we wrote, or may have written.
func (e Entry) authored() bool {
	return e.Ours && (e.State != PendingCreate || e.Tried)
}

// wanted tells a row whose value has to be there.
func (e Entry) wanted() bool { return e.State != PendingDelete }

// place is a record set.
type place struct {
	zone int64
	name string
	kind Type
}

// spot is one value of a record set.
type spot struct {
	zone int64
	Record
}

func (s spot) place() place { return place{s.zone, s.Name, s.Type} }
