package billing

// Memo is a price book that remembers what it was asked, for someone who prices
// many ledgers of like meters. It serves one goroutine.
type Memo struct {
	Book PriceBook

	prices    map[[2]string]memoQuote
	committed map[memoKey]memoQuote
}

type memoKey struct {
	meter Meter
	plan  Plan
}

type memoQuote struct {
	quote Quote
	ok    bool
	err   error
}

// memoMost bounds what is remembered; beyond it everything is forgotten.
const memoMost = 4096

// Price is the book's.
func (m *Memo) Price(sku, region string) (Quote, error) {
	key := [2]string{sku, region}
	q, ok := m.prices[key]
	if !ok {
		q.quote, q.err = m.Book.Price(sku, region)
		if m.prices == nil || len(m.prices) >= memoMost {
			m.prices = map[[2]string]memoQuote{}
		}
		m.prices[key] = q
	}
	return q.quote, q.err
}

// Committed is the book's.
func (m *Memo) Committed(meter Meter, plan Plan) (Quote, bool, error) {
	key := memoKey{meter, plan}
	q, ok := m.committed[key]
	if !ok {
		q.quote, q.ok, q.err = m.Book.Committed(meter, plan)
		if m.committed == nil || len(m.committed) >= memoMost {
			m.committed = map[memoKey]memoQuote{}
		}
		m.committed[key] = q
	}
	return q.quote, q.ok, q.err
}
