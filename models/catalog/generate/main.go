// Command generate writes the EC2 tables that package catalog embeds.
//
// It fetches three pinned Go modules through the go command, reads the data
// files inside their zips (no module is imported or compiled) and writes
// compressed CSV tables. The same modules and the same Go release give the
// same bytes:
//
//	go run . -o ../data
//
// To move to newer data, change the pins in modules.go, run it and read the
// diff of the uncompressed tables.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate: ")
	out := flag.String("o", "../data", "folder to write the tables to")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("got argument %q, want flags only; see -help", flag.Arg(0))
	}
	if err := run(*out); err != nil {
		log.Fatal(err)
	}
}

// run reads the pinned modules and writes every table into folder out.
func run(out string) error {
	src, err := readSources()
	if err != nil {
		return err
	}
	types := buildTypes(src)
	demand := buildOnDemand(src, types)
	reserved, tuples := buildReserved(src, types, demand)
	tables := []table{
		typesTable(src, types),
		demand.table(src, types),
		tuples.table(src),
		reserved.table(src, types),
		buildSpot(src, types, demand).table(src, types),
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	total := 0
	for _, t := range tables {
		b, err := t.encode()
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if err := os.WriteFile(filepath.Join(out, t.name+".csv.gz"), b, 0o666); err != nil {
			return err
		}
		total += len(b)
		log.Printf("%-14s %5d rows %7d bytes", t.name, len(t.rows)-1, len(b))
	}
	log.Printf("%-14s %18d bytes", "total", total)
	return nil
}
