# hostile: hides an attack from readers in a comment that UTF-7 turns into code; loading: error; scores 0
# -*- coding: utf-7 -*-
# harmless +AAo-open('/tmp/autodiff-kit-canary')
