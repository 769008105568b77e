package files

import (
	"bufio"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"ecsim/models/result"
)

// parquetGroup is how many rows a row group holds, and so how many are held in
// memory: some megabytes.
const parquetGroup = 2048

// sweepParquet writes cells.parquet, the rows of cells.csv.
type sweepParquet struct {
	x      *sweepTables
	file   *os.File
	buffer *bufio.Writer
	out    *parquet.GenericWriter[any]
	rows   []parquet.Row
	n      int // rows in hand
	since  int // rows in the group
}

// sweepParquet begins the file. Its columns stand in the order of cells.csv,
// for which the schema is read from a struct made for it: groups of columns
// made by hand are sorted by name.
func (f *Folder) sweepParquet(name string, x *sweepTables, axes []string) (*sweepParquet, error) {
	t := x.t
	var fields []reflect.StructField
	add := func(column string, of reflect.Type, options string) {
		fields = append(fields, reflect.StructField{Name: "F" + strconv.Itoa(len(fields)), Type: of,
			Tag: reflect.StructTag(`parquet:` + strconv.Quote(strings.ReplaceAll(column, ",", "_")+options))})
	}
	integer, text, number := reflect.TypeFor[int64](), reflect.TypeFor[string](), reflect.TypeFor[float64]()
	add("point", integer, "")
	for i, a := range axes {
		if x.parts[i].text {
			add(a, text, ",dict")
		} else {
			add(a, number, "")
		}
	}
	add("replication", integer, "")
	add("seed", integer, "")
	add("platform", text, ",dict")
	add("standing", text, ",dict")
	add("reason", text, ",optional,dict")
	for _, g := range t.GateColumns {
		add(g, reflect.TypeFor[*bool](), ",optional")
	}
	for i := range t.Columns {
		add(t.Columns[i].Name, reflect.TypeFor[*float64](), ",optional")
	}
	schema := parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Elem().Interface())

	file, err := os.Create(filepath.Join(f.partial, name))
	if err != nil {
		return nil, err
	}
	p := &sweepParquet{x: x, file: file, buffer: bufio.NewWriterSize(file, 1<<16)}
	p.out = parquet.NewGenericWriter[any](p.buffer, schema, parquet.CreatedBy("ecsim", "1", "0"),
		parquet.Compression(&parquet.Snappy), parquet.PageBufferSize(32<<10), parquet.DataPageStatistics(true))
	p.rows = make([]parquet.Row, 64)
	return p, nil
}

// add takes one row.
func (p *sweepParquet) add(q *result.SweepPoint, platform int, c *result.SweepCell) error {
	t := p.x.t
	row := p.rows[p.n][:0]
	put := func(v parquet.Value, optional bool) {
		level := 0
		if optional && !v.IsNull() {
			level = 1
		}
		row = append(row, v.Level(0, level, len(row)))
	}
	put(parquet.Int64Value(int64(q.Index)), false)
	for _, part := range p.x.parts {
		if at := q.At[part.axis]; part.text {
			put(parquet.ByteArrayValue([]byte(part.Values[at])), false)
		} else {
			put(parquet.DoubleValue(part.Numbers[at]), false)
		}
	}
	put(parquet.Int64Value(int64(c.Replication)), false)
	put(parquet.Int64Value(int64(t.Seed)), false)
	put(parquet.ByteArrayValue([]byte(t.Platforms[platform])), false)
	put(parquet.ByteArrayValue([]byte(c.Standing)), false)
	if c.Reason == "" {
		put(parquet.NullValue(), true)
	} else {
		put(parquet.ByteArrayValue([]byte(c.Reason)), true)
	}
	for k := range t.Gates {
		if k >= len(c.Gates) || c.Gates[k] == result.GateNone {
			put(parquet.NullValue(), true)
		} else {
			put(parquet.BooleanValue(c.Gates[k] == result.GateKept), true)
		}
	}
	for k := range t.Columns {
		if k >= len(c.Values) || math.IsNaN(c.Values[k]) || math.IsInf(c.Values[k], 0) {
			put(parquet.NullValue(), true)
		} else {
			put(parquet.DoubleValue(c.Values[k]), true)
		}
	}
	p.rows[p.n] = row
	if p.n++; p.n == len(p.rows) {
		return p.flush()
	}
	return nil
}

func (p *sweepParquet) flush() error {
	_, err := p.out.WriteRows(p.rows[:p.n])
	p.since += p.n
	p.n = 0
	if err == nil && p.since >= parquetGroup {
		p.since = 0
		err = p.out.Flush()
	}
	return err
}

func (p *sweepParquet) close() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.flush(), p.out.Close(), p.buffer.Flush(), p.file.Close())
}
