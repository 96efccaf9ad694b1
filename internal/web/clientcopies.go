package web

// ClientCopies is the page of a service's backups, or of its snapshots, for its owner. It names nothing of the inside: the IDs of
// its copies are handles, and what went wrong is not told in Proxmox's words.
type ClientCopies struct {
	Place
	Links  []ClientLink // to the other pages
	Kind   string       // backup or snapshot
	Zone   string       // name of the time zone
	Notice string       // key of a text: what was just done
	Fault  string       // a sentence: why what was sent was not done
	Closed string       // key of a text: why there is nothing to see, "" = there is
	Locked string       // key of a text: why nothing can be ordered now, "" = it can
	Under  []CopyDeed
	Failed *CopyDeed // the last thing that was done, if it came to nothing
	List   CopyList
	Plan   *CopyPlan // nil = there can be none
}

// ClientOrder is the question before something is done to a copy.
type ClientOrder struct {
	Place
	Back string // address of the list
	Kind string
	Copy Copy
}

// Brings is as that of a CopyOrder.
func (o ClientOrder) Brings() bool { return CopyOrder{Kind: o.Kind}.Brings() }

// clientDo is a button of a copy.
type clientDo struct {
	Do, URL, Tone string
	Copy          Copy
	Locked        bool
}

func clientDoOf(c ClientCopies, do, tone string, one Copy) clientDo {
	return clientDo{do, c.To(do, "kb_copy", one.ID), tone, one, c.Locked != ""}
}

// ClientCopies renders the page.
func (p *Pages) ClientCopies(c ClientCopies) (string, error) {
	return p.render("client_copies.html", c)
}

// ClientOrder renders the question.
func (p *Pages) ClientOrder(o ClientOrder) (string, error) { return p.render("client-order", o) }
