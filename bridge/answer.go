package bridge

import "encoding/json"

// Results of an Answer.
const (
	ResultSuccess = "success"
	ResultError   = "error"
)

// Answer is what comes back for every request under /v1, and from the callback on the way back.
type Answer struct {
	Result  string          `json:"result"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"` // always an object
	Status  int             `json:"-"`              // HTTP status it came with
}

// Err is nil for a success and a *Refusal for anything else.
func (a Answer) Err() error {
	if a.Result == ResultSuccess {
		return nil
	}
	return &Refusal{Code: a.Code, Message: a.Message}
}

// reply is an Answer on its way out, with the shape of its data known to the contract.
type reply[D any] struct {
	Result  string `json:"result" enum:"success,error" doc:"whether the command was accepted"`
	Code    string `json:"code" doc:"for machines: ok, or why not"`
	Message string `json:"message" doc:"for people: empty, or one sentence that says what is wrong and what to do"`
	Data    D      `json:"data" doc:"what was asked for; an object in every case"`
}

// Nothing is the data of an answer that carries none.
type Nothing struct{}

// refused is the answer to a request that no handler saw. It is an error to huma, which sends it as it is.
type refused struct {
	Result  string  `json:"result" enum:"error"`
	Code    string  `json:"code" doc:"for machines: why not"`
	Message string  `json:"message" doc:"for people: what is wrong and what to do"`
	Data    Nothing `json:"data"`
	status  int
}

func newRefused(status int, code, message string) *refused {
	return &refused{Result: ResultError, Code: code, Message: message, status: status}
}

// Error implements huma.StatusError.
func (r *refused) Error() string { return r.Message }

// GetStatus implements huma.StatusError.
func (r *refused) GetStatus() int { return r.status }
