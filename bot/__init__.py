"""Daozhen 导诊: a bilingual patient-information assistant for hospital departments."""
