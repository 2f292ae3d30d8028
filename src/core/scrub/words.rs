//! What the name of a field or a header says of its value.

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// It lets somebody in.
    Secret,
    /// A person's name.
    Name,
    /// A name that a person goes by in a system.
    Login,
    /// A telephone number.
    Phone,
    /// A line of a postal address.
    Street,
    /// A town.
    Town,
    /// A number that stands for a person: an account, a card, a birthday.
    Number,
    /// An address of the internet.
    Address,
}

const SECRET_PARTS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "cookie",
];
const SECRETS: [&str; 8] = [
    "auth",
    "jwt",
    "cvc",
    "cvv",
    "pin",
    "sessionid",
    "otp",
    "sig",
];
const NAMES: [&str; 8] = [
    "firstname",
    "lastname",
    "givenname",
    "familyname",
    "middlename",
    "realname",
    "customername",
    "cardholdername",
];
const NAMES_OF_A_PERSON: [&str; 3] = ["name", "fullname", "displayname"];
const LOGINS_OF_A_PERSON: [&str; 6] = [
    "login",
    "username",
    "nickname",
    "handle",
    "screenname",
    "slug",
];
const PHONE_PARTS: [&str; 4] = ["phone", "mobile", "msisdn", "fax"];
const STREETS: [&str; 10] = [
    "street",
    "street1",
    "street2",
    "line1",
    "line2",
    "address1",
    "address2",
    "addressline1",
    "addressline2",
    "streetaddress",
];
const NUMBERS: [&str; 15] = [
    "ssn",
    "taxid",
    "iban",
    "accountnumber",
    "routingnumber",
    "cardnumber",
    "passportnumber",
    "dateofbirth",
    "birthdate",
    "birthday",
    "dob",
    "last4",
    "postalcode",
    "zip",
    "zipcode",
];
/// Fields that only somebody has.
const OF_A_PERSON: [&str; 9] = [
    "email",
    "emailaddress",
    "login",
    "username",
    "phone",
    "phonenumber",
    "firstname",
    "lastname",
    "avatarurl",
];
/// Headers in which proxies say whom they speak for.
const ADDRESS_HEADERS: [&str; 7] = [
    "xforwardedfor",
    "xrealip",
    "xclientip",
    "cfconnectingip",
    "trueclientip",
    "fastlyclientip",
    "forwarded",
];

/// Letters and digits, lower case.
fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|char| char.to_ascii_lowercase())
        .collect()
}

/// Whether an object with this field is about somebody.
pub(super) fn tells_a_person(name: &str) -> bool {
    OF_A_PERSON.contains(&plain(name).as_str())
}

/// What a field holds; `person` where its object is about somebody.
pub(super) fn sort_of(name: &str, person: bool) -> Option<Sort> {
    let name = plain(name);
    let name = name.as_str();
    let part = |parts: &[&str]| parts.iter().any(|own| name.contains(own));
    if part(&SECRET_PARTS) || SECRETS.contains(&name) || name.ends_with("token") {
        return Some(Sort::Secret);
    }
    if NAMES.contains(&name) || person && NAMES_OF_A_PERSON.contains(&name) {
        return Some(Sort::Name);
    }
    if person && LOGINS_OF_A_PERSON.contains(&name) {
        return Some(Sort::Login);
    }
    if part(&PHONE_PARTS) {
        return Some(Sort::Phone);
    }
    match name {
        "city" | "town" => Some(Sort::Town),
        "ip" | "ipaddress" | "remoteip" | "clientip" | "remoteaddr" => Some(Sort::Address),
        name if STREETS.contains(&name) => Some(Sort::Street),
        name if NUMBERS.contains(&name) => Some(Sort::Number),
        _ => None,
    }
}

/// What a header holds.
pub(super) fn sort_of_header(name: &str) -> Option<Sort> {
    if ADDRESS_HEADERS.contains(&plain(name).as_str()) {
        return Some(Sort::Address);
    }
    sort_of(name, false).filter(|own| *own == Sort::Secret)
}
