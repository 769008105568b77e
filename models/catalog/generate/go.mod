module ecsim/models/catalog/generate

go 1.26.0
