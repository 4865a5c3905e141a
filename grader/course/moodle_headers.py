"""What Moodle calls the columns of its files, in the languages of its public language packs (since 2.8).

Headers are compared without regard to capitals. Where a site's language is missing, `grader export` takes the columns as options.
"""

HEADERS = {
    "identifier": """Identifier|ID|Identifiant|Identificador|Identificativo|Identificatie|Identificator|Identifierare|Identifikatzailea
        |Identifikatorius|Tanımlayıcı|Número de identificação|Αναγνωριστικό|Идентификатор|Ідентифікатор|المُعرَّف|شناخت کنندہ|식별자
        |标识符|识别码|識別碼""",
    "grade": """Grade|Bewertung|Note|Calificación|Qualificació|Cualificación|Kalifikazioa|Valutazione|Cijfer|Nota|Avaliação|Notă|Betyg
        |Įvertinimas|Not|Nilai|Βαθμός|Оценка|Оцінка|الدرجة|العلامة|درجة|درجہ|성적|評点|成绩|成績""",
    "maximum": """Maximum grade|Bestwertung|Note maximale|Calificación máxima|Qualificació màxima|Cualificación máxima
        |Gehieneko kalifikazioa|Gehienezko kalifikazioa|Valutazione massima|Maximaal cijfer|Nota máxima|Notă maximă|Maxbetyg
        |Maximalt betyg|Didžiausias įvertinimas|Enyüksek not|En yüksek not|Μέγιστος Βαθμός|Максимальная оценка|Максимальна оцінка
        |أعلى تقدير|أقصى علامة|زیادہ سے زیادہ گریڈ|최대 성적|最大評点|最高分|最高成绩|最高成績""",
    "scale": """Scale|Skala|Barème|Escala|Eskala|Scala|Schaal|Scală|Skalė|Ölçek|Κλίμακα|Шкала|المقياس|اسکیل|척도|評価尺度|量表|量尺""",
    "changeable": """Grade can be changed|Bewertung kann geändert werden|La note peut être modifiée|La calificación puede ser cambiada
        |Es pot canviar la qualificació|A cualificación pode ser cambiada|A cualificación pode seren cambiada|Kalifikazioa alda daiteke
        |La valutazione può essere cambiata|Het cijfer kan gewijzigd worden|A nota pode ser alterada.|Nota pode ser alterada
        |Nota poate fi schimbată|Betyg kan ändras|Įvertinimas gali būti pakeistas|Not değiştirilebilir|Nilai bisa diubah
        |Ocena se lahko spremeni.|Ο βαθμός μπορεί να αλλάξει|Оценка может быть изменена|Оцінка може бути змінена|يمكن تغيير الدرجة
        |يمكن تغيير العلامة|گریڈ تبدیل کیا جا سکتا ہے|評点変更可|允许更改成绩|分數可以被更改""",
    "comments": """Feedback comments|Feedback als Kommentar|Feedback par commentaires|Comentarios de retroalimentación
        |Comentaris de la retroacció|Comentaris de retroacció.|Comentaris de retroalimentació|Comentarios|Feedback-iruzkinak|Commenti
        |Feedback tekstvak|Comentários de feedback|Comentarii de feedback|Återkopplingskommentarer|Återkoppling/kommentarer
        |Grįžtamojo ryšio komentarai|Geri bildirim yorumları|Σχόλια ανατροφοδότησης|Отзыв в виде комментария|Відгук - коментарем
        |تعليقات الإفادة|تاثرات کے تبصرے|피드백 코멘트|フィードバックコメント|反馈意见|评语反馈""",
    "full name": """Full name|User full name|Vollständiger Name|Nom complet|Nombre completo|Nome completo|Izen osoa|Volledige naam
        |Nume complet|Fullständigt namn|Hela namnet|Visas pavadinimas|Tam adı|Πλήρες όνομα|Полное имя|Повна назва|الاسم كاملا|پورا نام
        |전체 이름|フルネーム|全名""",
    "first name": """First name|Vorname|Prénom|Nombre|Nome|Izena|Voornaam|Prenume|Förnamn|Vardas|Adı|Μικρό/Βαπτιστικό όνομα|Όνομα
        |Имя|Ім'я|الاسم الأول|پہلا نام|名|Nom""",
    "last name": """Last name|Surname|Nachname|Nom de famille|Apellido(s)|Apellidos|Cognoms|Apelidos|Apelido|Abizena(k)|Abizena|Deitura
        |Cognome|Achternaam|Nume de familie|Efternamn|Pavardė|Soyadı|Επίθετο|Επώνυμο|Фамилия|Прізвище|الاسم الأخير|姓|姓氏|Nom""",
    "email": """Email address|E-Mail-Adresse|Adresse de courriel|Dirección de correo|Dirección Email|Adreça electrònica|Enderezo de correo
        |Helbide elektronikoa|E-posta helbidea|Indirizzo email|E-mailadres|Endereço de e-mail|E-mail|Adresa de e-mail|E-postadress
        |El. pašto adresas|E-posta adresi|Διεύθυνση ηλε.ταχυδρομείου|Διεύθυνση ηλεκτρονικού ταχυδρομείου|Адрес электронной почты
        |Електронна пошта|عنوان البريد الإلكتروني|ای میل اڈریس|이메일 주소|メールアドレス|电子邮件地址|Email地址""",
    "id number": """ID number|ID-Nummer|Numéro d’identification|Numéro d'identification|Número de ID|Número ID|ID zenbakia
        |Codice identificativo|Nummer (ID)|Número de identificação (ID)|Código de identificação|Număr ID|ID nummer|ID numeris|ID numarası
        |Αναγνωριστικός αριθμός|Αριθμός ταυτότητας|Индивидуальный номер|Індивідуальний номер|رقم المُعرَّف|رقم بطاقة التعريف
        |آئی ڈی نمبر|id 번호|IDナンバ|IDナンバー|学号""",
    "username": """Username|Anmeldename|Nom d’utilisateur|Nom d'utilisateur|Nombre de usuario|Nom d'usuari|Nome de usuario
        |Erabiltzaile-izena|Gebruikersnaam|Nome de utilizador|Nume de utilizator|Användarnamn|Naudotojo vardas|Kullanıcı adı|Όνομα χρήστη
        |Логин|Ім’я входу|اسم المستخدم|صارف نام|یوزر نام|사용자 아이디|ユーザ名|用户名""",
    "groups": """Groups|Group|Gruppen|Gruppe|Groupes|Groupe|Grupos|Grupo|Grups|Grup|Taldeak|Taldea|Gruppi|Gruppo|Groepen|Groep|Grupuri
        |Grupper|Grupp|Kurso grupės|Grupė|Gruplar|Ομάδες|Ομάδα|Группы|Группа|Групи|Група|المجموعات|مجموعات|مجموعة|گروپس|گروپ|모둠
        |グループ|小组|群組""",
}
"""By our name for a column all its headers, parted by |."""
PARTICIPANT = """Participant|Teilnehmer/in|Participante|Partaidea|Partecipante|Deelnemer|Deltagare|Dalyvis|Katılımcı|Συμμετέχων|Участник
    |Учасник|المشارك|المشاركين|شریک|참가자|参加者|参与人|参与者|參與者"""
"""What comes before the number in the column Identifier."""
YES = """Yes|Ja|Oui|Sí|Si|Sì|Bai|Sim|Da|Taip|Evet|Tak|Ano|Áno|Kyllä|Igen|Jah|Jā|Ya|Có|Ναι|Да|Так|כן|نعم|ہاں|بله|예|はい|是|是的|ใช่"""
NO = """No|Nein|Non|Ez|Não|Nu|Ne|Hayır|Nie|Ei|Nem|Nē|Nee|Nej|Nei|Tidak|Không|Όχι|Нет|Ні|Не|לא|لا|نہیں|خیر|아니오|いいえ|否|ไม่"""


def words(listed: str) -> tuple[str, ...]:
    """Return the words of a list that is parted by |, in its order, in small letters."""
    return tuple(word.strip().casefold() for word in listed.split("|"))


def headers(column: str) -> tuple[str, ...]:
    """Return a column's known titles in lower case. If a file has two of them, the title that comes first here counts."""
    return words(HEADERS[column])
