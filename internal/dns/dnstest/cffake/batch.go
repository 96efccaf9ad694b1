package cffake

import (
	"encoding/json"
	"slices"
)

// operations of a batch, in the order in which they run.
type operations struct {
	Deletes []body `json:"deletes"`
	Patches []body `json:"patches"`
	Puts    []body `json:"puts"`
	Posts   []body `json:"posts"`
}

// batch carries all operations out, or none.
func batch(_ *Server, q *request) (answer, *refusal) {
	var ops operations
	if json.Unmarshal(q.body, &ops) != nil {
		return answer{}, refuse(badBody)
	}
	if n := len(ops.Deletes) + len(ops.Patches) + len(ops.Puts) + len(ops.Posts); n > q.zone.Operations {
		return answer{}, refuse(tooManyOperations, q.zone.Operations)
	}
	trial := *q.zone
	trial.records = slices.Clone(q.zone.records)
	result := map[string][]picture{}
	for _, part := range []struct {
		name string
		ops  []body
		do   func(body) (picture, *refusal)
	}{
		{"deletes", ops.Deletes, func(b body) (picture, *refusal) { return trial.remove(b.ID) }},
		{"patches", ops.Patches, func(b body) (picture, *refusal) { return trial.change(b.ID, b, false) }},
		{"puts", ops.Puts, func(b body) (picture, *refusal) { return trial.change(b.ID, b, true) }},
		{"posts", ops.Posts, trial.create},
	} {
		result[part.name] = []picture{}
		for _, b := range part.ops {
			p, no := part.do(b)
			if no != nil {
				return answer{}, no
			}
			result[part.name] = append(result[part.name], p)
		}
	}
	q.zone.records = trial.records
	return answer{result: result, wrote: true}, nil
}
