// Package reports is the folder of what readers see: answer words an outcome
// as text, HTML, JSON and CSV; plots draws it; files writes a result folder.
// All read models/result, and none knows a model.
package reports
