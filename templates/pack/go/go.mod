module pack

go 1.22
