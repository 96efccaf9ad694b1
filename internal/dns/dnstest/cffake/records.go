package cffake

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// picture is a record in an answer.
type picture struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Content    string         `json:"content"`
	Proxiable  bool           `json:"proxiable"`
	Proxied    bool           `json:"proxied"`
	TTL        int            `json:"ttl"`
	Settings   map[string]any `json:"settings"`
	Meta       map[string]any `json:"meta"`
	Comment    *string        `json:"comment"`
	Tags       []string       `json:"tags"`
	CreatedOn  string         `json:"created_on"`
	ModifiedOn string         `json:"modified_on"`
}

func (r Record) picture() picture {
	p := picture{
		ID: r.ID, Name: r.Name, Type: r.Type, Content: r.Content, Proxiable: canProxy(r.Type), Proxied: r.Proxied, TTL: r.TTL,
		Settings: map[string]any{}, Meta: map[string]any{}, Tags: append([]string{}, r.Tags...),
		CreatedOn: r.Created.Format(time.RFC3339Nano), ModifiedOn: r.Modified.Format(time.RFC3339Nano),
	}
	if r.Comment != "" {
		p.Comment = &r.Comment
	}
	return p
}

// newID is a number that looks like one of theirs.
func (z *zone) newID() string {
	*z.ids++
	return fmt.Sprintf("%08x%024x", *z.ids*0x9e3779b1&0xffffffff, *z.ids)
}

func (z *zone) find(id string) *Record {
	i := slices.IndexFunc(z.records, func(r Record) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return &z.records[i]
}

func (z *zone) create(b body) (picture, *refusal) {
	d := z.newDraft(b, nil, true, true)
	if no := d.judge(); no != nil {
		return picture{}, no
	}
	d.ID, d.TTL, d.Created = z.newID(), d.ttl(), z.clock.Now()
	d.Modified = d.Created
	z.records = append(z.records, d.Record)
	return d.picture(), nil
}

// change is PUT (whole) and PATCH.
func (z *zone) change(id string, b body, whole bool) (picture, *refusal) {
	old := z.find(id)
	d := z.newDraft(b, old, false, whole)
	if no := d.judge(); no != nil {
		return picture{}, no
	}
	d.TTL, d.Modified = d.ttl(), z.clock.Now()
	*old = d.Record
	return d.picture(), nil
}

func (z *zone) remove(id string) (picture, *refusal) {
	r := z.find(id)
	if r == nil {
		return picture{}, refuse(noRecord)
	}
	p := r.picture()
	z.records = slices.DeleteFunc(z.records, func(r Record) bool { return r.ID == id })
	return p, nil
}

// one answers with a single record.
func one(p picture, no *refusal, wrote bool) (answer, *refusal) {
	if no != nil {
		return answer{}, no
	}
	return answer{result: p, wrote: wrote}, nil
}

func createRecord(_ *Server, q *request) (answer, *refusal) {
	b, no := read(q.body)
	if no != nil {
		return answer{}, no
	}
	p, no := q.zone.create(b)
	return one(p, no, true)
}

func showRecord(_ *Server, q *request) (answer, *refusal) {
	r := q.zone.find(q.PathValue("record"))
	if r == nil {
		return answer{}, refuse(noRecord)
	}
	return one(r.picture(), nil, false)
}

func putRecord(_ *Server, q *request) (answer, *refusal)   { return q.change(true) }
func patchRecord(_ *Server, q *request) (answer, *refusal) { return q.change(false) }

func (q *request) change(whole bool) (answer, *refusal) {
	b, no := read(q.body)
	if no != nil {
		return answer{}, no
	}
	p, no := q.zone.change(q.PathValue("record"), b, whole)
	return one(p, no, true)
}

func deleteRecord(s *Server, q *request) (answer, *refusal) {
	p, no := q.zone.remove(q.PathValue("record"))
	if no != nil {
		return answer{}, no
	}
	return answer{result: map[string]string{"id": p.ID}, bare: s.cfg.BareDelete, wrote: true}, nil
}

var _ http.Handler = (*Server)(nil)
