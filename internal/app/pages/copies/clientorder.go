package copies

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// handle names a copy to its owner. A volume id would tell him of the provider's storages.
func handle(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:12])
}

// clientOrder hands an order to the keeper and gives the way to go on, or leaves in v why it did not.
func (p *Page) clientOrder(ctx context.Context, v *visit, list web.CopyList) (next string, err error) {
	o := keeping.Order{ServiceID: v.id, Kind: v.order, Note: v.Form.Get("note"), By: author(v.Request)}
	if v.order != v.shelf {
		o.Note = ""
	}
	if v.fault = p.unasked(v, list, &o); v.fault != "" {
		return "", nil
	}
	_, err = p.Keeper.Ask(ctx, o)
	no, refused := errors.AsType[retention.RefusalError](err)
	switch {
	case refused:
		v.fault = no.Text
		return "", nil
	case errors.Is(err, vm.ErrRefused):
		v.fault = p.Web.Text("client_over")
		return "", nil
	case err != nil:
		return "", err
	}
	p.Ordered()
	return v.at.To(string(v.shelf)+"s", "kb_done", v.order), nil
}

// unasked says why an order does not go to the keeper; "" when it does, with the copy that it is about. A new copy may be asked for
// while the list is not known: the keeper looks again before it begins.
func (p *Page) unasked(v *visit, list web.CopyList, o *keeping.Order) string {
	if key := v.locked(); key != "" {
		return p.Web.Text(key)
	}
	if v.order == v.shelf {
		return list.Refused
	}
	if !list.Known {
		return p.Web.Text("client_not_done")
	}
	c := v.pick(list)
	if c == nil {
		return p.Web.Text("client_gone_" + string(v.shelf))
	}
	brings := web.CopyOrder{Kind: string(v.order)}.Brings()
	if brings && c.Useless || !brings && c.Guarded {
		return p.Web.Text("client_unfit_" + string(v.order))
	}
	o.Subject = c.ID
	return ""
}

// clientForm is the weekly plan as a form; nil where there can be none.
func (p *Page) clientForm(ctx context.Context, v *visit) (*web.CopyPlan, error) {
	if !v.planned() {
		return nil, nil //nolint:nilnil // no plan is no fault
	}
	plan, err := p.planOf(ctx, v.sight, v.terms, v.shelf)
	if plan != nil && plan.Fault != "" && v.told.plan == nil {
		plan.Fault = p.Web.Text("client_unread_plan")
	}
	return plan, err
}

// clientPlan saves what a form sent, or shows it again.
func (p *Page) clientPlan(ctx context.Context, v *visit) (pages.Answer, error) {
	form, week := typed(v.Request, v.shelf)
	if fault := unfit(v.terms, v.shelf, form, week); fault != "" {
		form.Fault, v.told.plan = fault, form
		return p.clientPage(ctx, v, p.list(ctx, v.sight, v.terms, v.shelf))
	}
	if err := p.Keeper.SavePlan(ctx, v.id, v.shelf, week, author(v.Request)); err != nil {
		return pages.Answer{}, err
	}
	p.Ordered()
	return pages.Answer{Next: v.at.To(string(v.shelf)+"s", "kb_done", "plan")}, nil
}
