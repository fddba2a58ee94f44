package main

// text is one that an expression may have; one that is not whole is only its beginning.
type text struct {
	text  string
	whole bool
}

// texts are all that an expression may have as far as the source says; open when it may have others.
type texts struct {
	all  []text
	open bool
}

func literal(s string) texts { return texts{[]text{{s, true}}, false} }

func (t texts) whole() []string {
	var found []string
	for _, one := range t.all {
		if one.whole {
			found = append(found, one.text)
		}
	}
	return found
}

func (t texts) closed() bool {
	if t.open || len(t.all) == 0 {
		return false
	}
	for _, one := range t.all {
		if !one.whole {
			return false
		}
	}
	return true
}

func (t texts) with(other texts) texts {
	result := texts{append([]text{}, t.all...), t.open || other.open}
	for _, one := range other.all {
		known := false
		for _, old := range result.all {
			known = known || old == one
		}
		if !known {
			result.all = append(result.all, one)
		}
	}
	if len(result.all) > widest {
		result.all, result.open = result.all[:widest], true
	}
	return result
}

func (t texts) then(other texts) texts {
	result := texts{nil, t.open}
	if len(other.all) == 0 || other.open {
		other = other.with(unknownEnd)
	}
	for _, one := range t.all {
		if !one.whole {
			result = result.with(texts{[]text{one}, false})
			continue
		}
		for _, more := range other.all {
			joined := one.text + more.text
			if len(joined) > longest {
				joined, more.whole = joined[:longest], false
			}
			result = result.with(texts{[]text{{joined, more.whole}}, false})
		}
	}
	return result
}

func (t texts) change(change func(string) string) texts {
	result := texts{nil, t.open}
	for _, one := range t.all {
		result.all = append(result.all, text{change(one.text), one.whole})
	}
	return result
}
