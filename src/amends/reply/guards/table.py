"""The table of rules: a code that keeps its meaning for ever, a name, what it looks for, and the function that looks."""

from __future__ import annotations

from amends.core.say import say
from amends.reply.guards.form import banned_words, canned, empty, hidden, missing_alt, shouting, too_long
from amends.reply.guards.gap import open_gap
from amends.reply.guards.honesty import (
    admission,
    beyond_power,
    compensation,
    early_remedy,
    open_promise,
    put_off,
)
from amends.reply.guards.language import address, wrong_language
from amends.reply.guards.look import Rule
from amends.reply.guards.place import links, parent_gone, third_turn
from amends.reply.guards.private import other_customer, private_data, third_person
from amends.reply.guards.tone import blame, denial, feeding, heat, humour, mockery, non_apology

RULES: tuple[Rule, ...] = (
    Rule("AM001", "private_data", say("Private data in public"), private_data),
    Rule("AM002", "mockery", say("Mockery"), mockery),
    Rule("AM003", "open_promise", say("A promise without a time"), open_promise),
    Rule("AM004", "too_long", say("Too long for the network"), too_long),
    Rule("AM005", "empty", say("Nothing in it"), empty),
    Rule("AM006", "blame", say("Blame"), blame),
    Rule("AM007", "non_apology", say("An apology that is none"), non_apology),
    Rule("AM008", "denial", say("Denies the right to complain"), denial),
    Rule("AM009", "canned", say("The same words again"), canned),
    Rule("AM010", "wrong_language", say("Not their language"), wrong_language),
    Rule("AM011", "address", say("Form of address"), address),
    Rule("AM012", "shouting", say("Shouting"), shouting),
    Rule("AM013", "parent_gone", say("The post is gone"), parent_gone),
    Rule("AM014", "hidden", say("Hidden characters"), hidden),
    Rule("AM015", "heat", say("Written in anger"), heat),
    Rule("AM016", "early_remedy", say("A remedy before the facts"), early_remedy),
    Rule("AM017", "admission", say("Admits a fault"), admission),
    Rule("AM018", "put_off", say("Put off what can be solved"), put_off),
    Rule("AM019", "third_person", say("A third person’s name"), third_person),
    Rule("AM020", "other_customer", say("Another customer’s data"), other_customer),
    Rule("AM021", "beyond_power", say("More than one may promise alone"), beyond_power),
    Rule("AM022", "compensation", say("A compensation in public"), compensation),
    Rule("AM023", "humour", say("A joke where it hurts"), humour),
    Rule("AM024", "feeding", say("Feeds a quarrel"), feeding),
    Rule("AM025", "third_turn", say("One more turn in public"), third_turn),
    Rule("AM026", "links", say("A link that is not ours"), links),
    Rule("AM027", "banned_words", say("A word that the brand does not use"), banned_words),
    Rule("AM028", "missing_alt", say("An image without a description"), missing_alt),
    Rule("AM029", "open_gap", say("A gap left open"), open_gap),
)
