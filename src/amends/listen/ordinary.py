"""Ordinary words that lie one letter from a likely brand name: they are never taken for its misspelling.

The list is small and knows English, French and Romanian only. What it misses shows as a false match whose reason
says “looks like”; a desk ends it with `is_fuzzy=False` on the name, or by watching the word as an excluded term.
"""

from __future__ import annotations

_WORDS = """
about above action actions active actually after again amazing anything apples arrange australia basis
before being better between billing boards booking bottle branch brands bridge bright broken button cameras
caring casual center centre chance change changed changes charge charged charter cheese choice cities client
clients close closed closer coffee common companion contact corner counter country couple course courses cover
credit customer customs dancing danger decided define delta design devices direct dollar double during easier
eating effect either energy engine enough escape estate events every exact expert express family famous farmer
father faster figure final finale finance flight flights flower follow forced format former fortune
friend friends front future garden general getting gold golden grange grand granted ground groups growth guests
handle happen happens having health heather holder horizon horizons house houses images inside instead island
itself jackets keeper laptop largest latest leader leaders league leather letter letters limited listen little
living locked looking market markets master matter matters meeting members mention metric metro minute
mobile mobility moment monday money month months morning mother motion motive moving native nature nation
national needed nobody normal nothing notice notion number numbers object office officer online opened orange
oranges orders origin others outlook panel parent partner parts paying people person planet plants player
please plenty pocket point points police policy portal poster posted power present pretty prices prince print
private problem profile program proper public quality quarter quick quiet random range ranger ranges rather
reader ready reason recent record refund regard related remote repair report result return review rewards
royal running sample saving savings school screen season second secret secure select seller series service
services shared shopping should simple single sister smart social solid someone spirit spring square stable
staff standard station status stay store stores stories stream street string strong studio summer supply
support system tables target taxes technology thanks theory therapy thing things thought through ticket tickets
timing together tomorrow traffic trains transport travel traveller trying under union unit united unity update
upgrade usually value values venture version victory virgin vision visions visit voice waiting walking washing
watching water weather website weekend window winter within without wonder worker worked working world
writing yellow

accord achat acheter action actuel affaire agence ailleurs ainsi alors ancien annonce apres argent arrive
attente aucune aussi autant autour autre autres avance avant avenir avion avoir bagage banque banques
beaucoup besoin bonjour bouche bouteille bouton branche caisse canal carte cartes casse cause cesser chacun chaine
chaleur chambre champ change chaque charge cheval chose choses client cliente clients coeur colis combien commande
comme comment commerce compagnie compte comptes confort conseil contact contrat contre coupure courant courir
course cousin cuisine dehors demain demande depart depuis dernier devant devenir devoir direct doigt donner double
droite durant ecran effet eglise elles encore enfant enfin ensuite entier entre entree erreur espace espoir etage
etranger etudes exact facile facture faire famille femme fermer feuille fibre fille final finance fleur force
forfait foule francais france fruits gagner garage garcon garder general gens grange grand grande gratuit groupe
guerre habit heure heures hiver homme honneur horaire hotel image jamais jardin jeune joindre jouer journal
journee laisser langue lettre libre ligne lignes livraison livre livrer loisir longue lorsque lumiere lundi madame
magasin maison maitre maladie manger manque marche marcher marque matin maison meilleur membre merci mettre metro
mieux milieu mobile moins moment monde montre moteur mourir moyen musique nation nature nombre noter notre nouveau
numero objet occasion offre offres orage orages oranges ordre original ouvert paiement panier panne papier
parcours pardon parent parler parole partie partir passer patron pause payer pendant penser perdre periode
personne petit peuple pierre place plaisir plein pluie plusieurs point porte porter poste poser possible poulet
pouvoir premier prendre presque presse preuve prison prix probleme produit produits promotion proposer public
qualite quand quatre quelque raison ranger rapide rappel recevoir reponse reseau reste rester retard retour
rouge salle salon samedi sante savoir seconde semaine service servir seulement signal simple site situation
social soiree soleil sommeil sortie souci souvent station suite suivre support surtout systeme tablette tarif
telephone temps tenir terrain toujours tourner toute toutes train trajet travail trouver unique usage vacances
valeur vendeur vendre venir verite verre version victoire ville virgule visage vision visite vitesse vivre voici
voisin voiture volonte voyage vraiment

acasa acela aceasta acest acesta aceste acolo acord acum afara ajutor alege altceva altul anume apare aparat apele
aproape apoi astazi astfel atent atunci avans banca banci baterie bilet bilete bucata bucuros buton cadou caine
calatorie calitate camera capat carte casa cauza ceilalti centru cerere chiar clienti client clientul colet colete
comanda comenzi companie cont contact contract contul corect creier curent curier curierul cuvant datorie deoarece
deschis despre destul deja desi dinainte direct domnul doamna dorinta dragoste dreptul dupa efect exact exemplu
factura facturi familie fapte fereastra ferma fiecare fiindca final firma foarte forta frumos functie gratis
greseala grupul hartie haine hotel iarna imagine inainte inapoi incerca inca inceput informatie inima
intrebare intre intreg jumatate lansare leguma libera limba linie linia livrare local lucru lucruri lumea lumina
lunar luna luni magazin mancare masina mereu metrou minute mobil moment motor multe multi multumesc munca muzica
nevoie niciun nicio nimeni nimic nivel noapte normal noroc numai numar numele oameni obiect ochi odihna oferta
oferte oras orase orange oriunde pachet pagina parte parinte partea pentru perioada persoana placere plata plati
platit porti portal posta poste poate potrivit prea pret preturi prieten primit prima problema probleme produs
produse program promotie public punct puncte puteti raspuns rapid rau rece reducere retea retur roman romana
sansa sarbatoare scoala scris seara semnal seria serviciu servicii sigur simplu singur sistem situatie social
soarta spatiu special spune statie stire stradele strada suma suport suprafata taxa telefon tigai timpul tocmai
totul totusi tren trenul trebuie treaba ultima unele unitate urgent urmare usor vacanta vedere vechi viata vineri
viteza viziune vizita voastra voce vorba vreme zile
"""

#: Folded words of four to ten letters.
ORDINARY = frozenset(_WORDS.split())
