
# Reads a JSON document and writes one line for each value in it: its path, a tab, the value. `{"a": [{"b": "c"}]}` gives
# `a.0.b<TAB>c`. In strings \" \\ and \/ are resolved, other escapes stay as they are. Fails on what is not JSON.
flatten_json() {
  awk '
    { text = text $0 "\n" }
    END {
      size = length(text)
      at = 1
      value("")
      exit broken
    }
    function blank() {
      while (at <= size && index(" \t\r\n", substr(text, at, 1))) at++
    }
    function fail() {
      broken = 1
      at = size + 1
    }
    function value(path,  sign, count) {
      blank()
      sign = substr(text, at, 1)
      if (sign == "{" || sign == "[") {
        at++
        blank()
        if (substr(text, at, 1) == (sign == "{" ? "}" : "]")) {
          at++
          return
        }
        count = 0
        do {
          if (sign == "[") value(join(path, count++))
          else member(path)
          blank()
        } while (substr(text, at++, 1) == "," && !broken)
        if (!index("}]", substr(text, at - 1, 1))) fail()
      }
      else if (sign == "\"") print path "\t" string()
      else print path "\t" word()
    }
    function member(path,  key) {
      blank()
      key = string()
      blank()
      if (substr(text, at++, 1) != ":") fail()
      value(join(path, key))
    }
    function join(path, key) {
      return path == "" ? key : path "." key
    }
    function string(  sign, result) {
      if (substr(text, at, 1) != "\"") {
        fail()
        return ""
      }
      result = ""
      for (at++; at <= size; at++) {
        sign = substr(text, at, 1)
        if (sign == "\"") {
          at++
          return result
        }
        if (sign == "\\") {
          at++
          sign = substr(text, at, 1)
          if (!index("\"\\/", sign)) sign = "\\" sign
        }
        result = result sign
      }
      fail()
      return result
    }
    function word(  start) {
      start = at
      while (at <= size && index("+-.0123456789aeflnrstuE", substr(text, at, 1))) at++
      if (at == start) fail()
      return substr(text, start, at - start)
    }
  '
}

# json_value PATH < FLAT: VALUE becomes what stands there, or nothing.
json_value() {
  VALUE=$(sed -n "s/^$1	//p" | head -n 1)
}
