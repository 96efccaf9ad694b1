package traffic

import "time"

// Average is the even rate at which a guest's traffic passed in a span, in bytes per second, as Proxmox keeps it.
type Average struct {
	Span
	In, Out float64
}

// integrate is what passed in span according to averages; known is how much of it they speak of.
func integrate(averages []Average, span Span) (v Volume, known time.Duration) {
	var in, out float64
	for _, a := range averages {
		d := a.within(span).Length()
		in, out, known = in+a.In*d.Seconds(), out+a.Out*d.Seconds(), known+d
	}
	return Volume{whole(in), whole(out)}, known
}

// whole drops the fraction, and what no counter can hold.
func whole(bytes float64) uint64 {
	if !(bytes > 0) || bytes > 1<<62 {
		return 0
	}
	return uint64(bytes)
}
