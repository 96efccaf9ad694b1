package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/plain"
)

// actionLog is vm_last_action_log, and one element of vm_deploy_log: the last run as its pages show it (product-spec §10.7).
type actionLog struct {
	Action           string       `json:"action"`
	Result           string       `json:"result"`
	Start            string       `json:"start"`
	Finish           string       `json:"finish"`
	From             string       `json:"from"`
	To               string       `json:"to"`
	Steps            []actionStep `json:"steps"`
	LastErrorAction  string       `json:"last_error_action,omitempty"`
	LastErrorMessage string       `json:"last_error_message,omitempty"`
	Error            string       `json:"error,omitempty"`
}

type actionStep struct {
	Label    string  `json:"label"`
	Result   string  `json:"result"`
	From     string  `json:"from"`
	To       string  `json:"to"`
	Time     string  `json:"time"`
	Duration float64 `json:"duration"`          // seconds
	Details  string  `json:"details,omitempty"` // lines
}

// saveLog keeps vm_last_action_log up with a run that goes on.
func (w *write) saveLog(ctx context.Context, q *sqlx.Tx) error {
	log, err := w.readLog(ctx, q)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE puqProxmoxKVM_vm_info SET vm_last_action_log = ? WHERE service_id = ?`,
		fit(log, w.shape.room("vm_last_action_log")), w.lease.ID)
	return err
}

// saveHistory writes the run that just ended into vm_last_action_log and puts it first in the history.
func (w *write) saveHistory(ctx context.Context, q *sqlx.Tx) error {
	log, err := w.readLog(ctx, q)
	if err != nil {
		return err
	}
	var before sql.NullString
	if err := q.GetContext(ctx, &before, `SELECT vm_deploy_log FROM puqProxmoxKVM_vm_info WHERE service_id = ? LIMIT 1`, w.lease.ID); err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE puqProxmoxKVM_vm_info SET vm_last_action_log = ?, vm_deploy_log = ? WHERE service_id = ?`,
		fit(log, w.shape.room("vm_last_action_log")), history(before.String, log, w.shape.room("vm_deploy_log")), w.lease.ID)
	return err
}

func (w *write) readLog(ctx context.Context, q *sqlx.Tx) (actionLog, error) {
	steps, err := stepsOf(ctx, q, w.run.ID)
	if err != nil {
		return actionLog{}, err
	}
	log := actionLog{Action: w.run.Action, Result: resultSuccess, Start: stamp(w.run.Started), Finish: stamp(w.at), From: string(standing(w.run.From))}
	for _, s := range steps {
		log.add(s)
	}
	if w.run.Failed != "" {
		log.Result = resultError
	}
	return log, nil
}

// add appends a line; a line that did not advance ends the run as waiting.
func (l *actionLog) add(s step) {
	label := s.Label
	if s.Skip.Valid {
		label += " — skip (" + s.Skip.String + ")"
	}
	l.To = s.To
	l.Steps = append(l.Steps, actionStep{
		Label: label, Result: s.Result, From: s.From, To: s.To,
		Time: s.Started.Format(time.TimeOnly), Duration: seconds(s.TookUS), Details: s.Details.String,
	})
	if s.Result != resultSuccess {
		l.Result, l.Error = resultWaiting, s.Result
		l.LastErrorAction, l.LastErrorMessage = s.Label, s.Result
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.DateTime) }

// seconds has at most two decimals.
func seconds(microseconds int64) float64 { return math.Round(float64(microseconds)/1e4) / 100 }

// fit is the log as JSON; the first lines go when the column is too small for all of them.
func fit(l actionLog, room int) string {
	for {
		s := plain.JSON(l)
		if len(s) <= room {
			return s
		}
		if len(l.Steps) == 0 {
			return ""
		}
		l.Steps = l.Steps[1:]
	}
}

// history puts l before the runs in text, newest first, and drops the oldest beyond the limit or the room.
func history(text string, l actionLog, room int) string {
	var runs []json.RawMessage
	if json.Unmarshal([]byte(text), &runs) != nil {
		runs = nil
	}
	runs = append([]json.RawMessage{json.RawMessage(plain.JSON(l))}, runs...)
	runs = runs[:min(len(runs), keepRuns)]
	for {
		s := plain.JSON(runs)
		if len(s) <= room || len(runs) == 0 {
			return s
		}
		runs = runs[:len(runs)-1]
	}
}
