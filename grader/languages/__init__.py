"""Say what students read in another language: catalogues in rubrics/languages/, one folder a language (see rubrics/README.md)."""
